using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage.Linux;

/// <summary>Image files and block devices on Linux.</summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxStorage : IStoragePlatform
{
    // A file system's block, which image files are written whole in.
    private const int FileBlockBytes = 4096;

    public SafeFileHandle Open(string path, StorageAccess access) => LinuxOpening.Open(path, access);

    public StorageIdentity? TryIdentify(string path)
    {
        try
        {
            return Identity(FileStatus.Of(path));
        }
        catch (IOException error) when (error.HResult is Errno.NoEntry or Errno.NotADirectory or Errno.AccessDenied)
        {
            return null;
        }
    }

    public CleanCloseStamp? TryStamp(string path)
    {
        try
        {
            var status = FileStatus.Of(path);
            return status.IsBlockDevice ? default(CleanCloseStamp) : new CleanCloseStamp(status.LengthBytes, status.ModifiedNs, status.ChangedNs);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public long? TryMeasureAllocated(string path)
    {
        try
        {
            var status = FileStatus.Of(path);
            return status.IsRegular ? status.AllocatedBytes : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void MakeSparse(SafeFileHandle handle)
    {
        // Every file is sparse where it was not written.
    }

    public StorageIdentity Identify(SafeFileHandle handle) => Identity(FileStatus.Of(handle));

    public CleanCloseStamp Stamp(SafeFileHandle handle)
    {
        var status = FileStatus.Of(handle);
        return status.IsBlockDevice
            ? new CleanCloseStamp(DeviceLengthBytes(handle), 0, 0)
            : new CleanCloseStamp(status.LengthBytes, status.ModifiedNs, status.ChangedNs);
    }

    public BlockGeometry Measure(SafeFileHandle handle, int fileSectorBytes)
    {
        var status = FileStatus.Of(handle);
        if (!status.IsBlockDevice)
        {
            return new BlockGeometry(status.LengthBytes, fileSectorBytes, Math.Max(FileBlockBytes, fileSectorBytes));
        }

        int logical, physical;
        Require(LibC.Control(handle, LibC.BlockLogicalSector, &logical), "BLKSSZGET");
        Require(LibC.Control(handle, LibC.BlockPhysicalSector, &physical), "BLKPBSZGET");
        return new BlockGeometry(DeviceLengthBytes(handle), logical, Math.Max(logical, physical));
    }

    public int ReadCached(SafeFileHandle handle, long offsetBytes, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var vector = new LibC.IoVector { Start = start, LengthBytes = (nuint)buffer.Length };
            return (int)LibC.ReadVector(handle, &vector, 1, offsetBytes, LibC.NoWait);
        }
    }

    public void Flush(SafeFileHandle handle) => Require(LibC.DataSync(handle), "fdatasync");

    public bool TryZero(SafeFileHandle handle, long offsetBytes, long lengthBytes, bool mayUnmap)
    {
        var mode = LibC.KeepSize | (mayUnmap ? LibC.PunchHole : LibC.ZeroRange);
        if (LibC.Allocate(handle, mode, offsetBytes, lengthBytes) == 0)
        {
            return true;
        }

        // A block device refuses what is not a multiple of its sectors as invalid; the caller writes zeros then.
        return Marshal.GetLastPInvokeError() is Errno.NotSupported or Errno.NoSystemCall or Errno.Invalid or Errno.NoDevice
            ? false
            : throw LibC.LastError("fallocate");
    }

    public bool TryReserve(SafeFileHandle handle, long lengthBytes) => LibC.Allocate(handle, LibC.KeepSize, 0, lengthBytes) == 0;

    public BlockExtent FindExtent(SafeFileHandle handle, long offsetBytes, long lengthBytes)
    {
        var data = LibC.Seek(handle, offsetBytes, LibC.SeekData);
        if (data < 0)
        {
            return Marshal.GetLastPInvokeError() == Errno.NoSuchDeviceOrAddress
                ? new BlockExtent(lengthBytes, ExtentKind.Hole)
                : new BlockExtent(lengthBytes, ExtentKind.Data);
        }

        // A file system may tell to the byte; a sector with any data is data.
        data &= ~(BlockGeometry.SectorBytes - 1L);
        if (data > offsetBytes)
        {
            return new BlockExtent(Math.Min(data - offsetBytes, lengthBytes), ExtentKind.Hole);
        }

        var hole = LibC.Seek(handle, offsetBytes, LibC.SeekHole);
        var endBytes = (hole + BlockGeometry.SectorBytes - 1) & ~(BlockGeometry.SectorBytes - 1L);
        return new BlockExtent(hole < 0 ? lengthBytes : Math.Clamp(endBytes - offsetBytes, BlockGeometry.SectorBytes, lengthBytes), ExtentKind.Data);
    }

    public StorageOpenFault ClassifyOpen(Exception error) => LinuxOpening.Classify(error);

    public BlockDeviceFault Classify(Exception error) => error switch
    {
        UnauthorizedAccessException => BlockDeviceFault.ReadOnly,
        _ => error.HResult switch
        {
            Errno.NoSpace or Errno.OverQuota or Errno.TooBig => BlockDeviceFault.Full,
            Errno.ReadOnlyFileSystem or Errno.NotPermitted or Errno.AccessDenied => BlockDeviceFault.ReadOnly,
            Errno.NoDevice or Errno.NoSuchDeviceOrAddress or Errno.TimedOut or Errno.Stale or Errno.ShutDown => BlockDeviceFault.Unreachable,
            _ => BlockDeviceFault.MediumError,
        },
    };

    private static StorageIdentity Identity(FileStatus status) => status.IsBlockDevice
        ? new StorageIdentity(StorageIdentity.BlockDevices, status.OwnDevice, 0)
        : new StorageIdentity(status.HomeDevice, status.Inode, 0);

    private static long DeviceLengthBytes(SafeFileHandle handle)
    {
        long lengthBytes;
        Require(LibC.Control(handle, LibC.BlockSizeBytes64, &lengthBytes), "BLKGETSIZE64");
        return lengthBytes;
    }

    private static void Require(int result, string call)
    {
        if (result != 0)
        {
            throw LibC.LastError(call);
        }
    }
}

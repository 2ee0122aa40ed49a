using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage.Windows;

/// <summary>
/// Image files on NTFS and ReFS, and disks (<c>\\.\PhysicalDriveN</c>). Written to the documentation of Windows; it has not run there yet.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsStorage : IStoragePlatform
{
    private const int FileBlockBytes = 4096;
    private const long UnixEpoch100Ns = 116_444_736_000_000_000;

    public SafeFileHandle Open(string path, StorageAccess access)
    {
        try
        {
            // The share mode is enforced by Windows itself: no other writer, while readers may look.
            return access == StorageAccess.ReadWrite
                ? File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read)
                : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception error) when (OpenError.IsOfTheSystem(error))
        {
            throw OpenError.Explain(path, error);
        }
    }

    public StorageIdentity? TryIdentify(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Identify(handle);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public CleanCloseStamp? TryStamp(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Stamp(handle);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public long? TryMeasureAllocated(string path)
    {
        var low = Kernel32.GetCompressedFileSize(path, out var high);
        return low == uint.MaxValue && Marshal.GetLastPInvokeError() != 0 ? null : ((long)high << 32) | low;
    }

    public void MakeSparse(SafeFileHandle handle)
    {
        // FAT and exFAT have no sparse files; the file is extended at its full size there.
        if (!Kernel32.DeviceIoControl(handle, Kernel32.SetSparse, null, 0, null, 0, out _, null)
            && Marshal.GetLastPInvokeError() is not (Kernel32.InvalidFunction or Kernel32.NotSupported))
        {
            throw Kernel32.LastError("FSCTL_SET_SPARSE");
        }
    }

    public StorageIdentity Identify(SafeFileHandle handle)
    {
        Kernel32.IdInformation id;
        return Kernel32.GetFileInformationByHandleEx(handle, Kernel32.FileIdInfo, &id, (uint)sizeof(Kernel32.IdInformation))
            ? new StorageIdentity(id.VolumeSerial, id.IdLow, id.IdHigh)
            : throw Kernel32.LastError("GetFileInformationByHandleEx");
    }

    public CleanCloseStamp Stamp(SafeFileHandle handle)
    {
        Kernel32.BasicInformation basic;
        return Kernel32.GetFileInformationByHandleEx(handle, Kernel32.FileBasicInfo, &basic, (uint)sizeof(Kernel32.BasicInformation))
            ? new CleanCloseStamp(RandomAccess.GetLength(handle), SinceUnixNs(basic.Modified), SinceUnixNs(basic.Changed))
            : new CleanCloseStamp(DiskLengthBytes(handle) ?? throw Kernel32.LastError("GetFileInformationByHandleEx"), 0, 0);
    }

    public BlockGeometry Measure(SafeFileHandle handle, int fileSectorBytes)
    {
        if (DiskLengthBytes(handle) is not { } lengthBytes)
        {
            return new BlockGeometry(RandomAccess.GetLength(handle), fileSectorBytes, Math.Max(FileBlockBytes, fileSectorBytes));
        }

        var query = new Kernel32.PropertyQuery { Property = Kernel32.AccessAlignmentProperty };
        Kernel32.AccessAlignment alignment;
        if (!Kernel32.DeviceIoControl(
            handle, Kernel32.QueryStorageProperty, &query, (uint)sizeof(Kernel32.PropertyQuery), &alignment, (uint)sizeof(Kernel32.AccessAlignment), out _, null))
        {
            throw Kernel32.LastError("IOCTL_STORAGE_QUERY_PROPERTY");
        }

        return new BlockGeometry(lengthBytes, (int)alignment.LogicalSectorBytes, (int)Math.Max(alignment.LogicalSectorBytes, alignment.PhysicalSectorBytes));
    }

    // Windows has no read that only looks into the cache.
    public int ReadCached(SafeFileHandle handle, long offsetBytes, Span<byte> buffer) => -1;

    public void Flush(SafeFileHandle handle)
    {
        if (!Kernel32.FlushFileBuffers(handle))
        {
            throw Kernel32.LastError("FlushFileBuffers");
        }
    }

    public bool TryZero(SafeFileHandle handle, long offsetBytes, long lengthBytes, bool mayUnmap)
    {
        // The call deallocates in a sparse file, and there is none that keeps the allocation: without leave to unmap zeros are written.
        var range = new Kernel32.ByteRange { StartBytes = offsetBytes, EndOrLengthBytes = offsetBytes + lengthBytes };
        return mayUnmap
            && Kernel32.DeviceIoControl(handle, Kernel32.SetZeroData, &range, (uint)sizeof(Kernel32.ByteRange), null, 0, out _, null);
    }

    // There is no call that fills the holes of a sparse file and keeps its content.
    public bool TryReserve(SafeFileHandle handle, long lengthBytes) => false;

    public BlockExtent FindExtent(SafeFileHandle handle, long offsetBytes, long lengthBytes)
    {
        var asked = new Kernel32.ByteRange { StartBytes = offsetBytes, EndOrLengthBytes = lengthBytes };
        Kernel32.ByteRange first;
        var isWhole = Kernel32.DeviceIoControl(
            handle, Kernel32.QueryAllocatedRanges, &asked, (uint)sizeof(Kernel32.ByteRange), &first, (uint)sizeof(Kernel32.ByteRange), out var gotBytes, null);
        if (!isWhole && Marshal.GetLastPInvokeError() != Kernel32.MoreData)
        {
            return new BlockExtent(lengthBytes, ExtentKind.Data);
        }

        if (gotBytes == 0)
        {
            return new BlockExtent(lengthBytes, ExtentKind.Hole);
        }

        return first.StartBytes > offsetBytes
            ? new BlockExtent(Math.Min(first.StartBytes - offsetBytes, lengthBytes), ExtentKind.Hole)
            : new BlockExtent(Math.Min(first.EndOrLengthBytes, lengthBytes), ExtentKind.Data);
    }

    public StorageOpenFault ClassifyOpen(Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => StorageOpenFault.NotFound,
        UnauthorizedAccessException => StorageOpenFault.AccessDenied,
        _ => (error.HResult & 0xffff) switch
        {
            Kernel32.FileNotFound or Kernel32.PathNotFound => StorageOpenFault.NotFound,
            Kernel32.FileExists or Kernel32.AlreadyExists => StorageOpenFault.Exists,
            Kernel32.AccessDenied => StorageOpenFault.AccessDenied,
            Kernel32.WriteProtected => StorageOpenFault.ReadOnly,
            Kernel32.SharingViolation or Kernel32.LockViolation => StorageOpenFault.InUse,
            Kernel32.FileTooLarge or Kernel32.FileSystemLimit or Kernel32.InvalidParameter => StorageOpenFault.TooLarge,
            Kernel32.DiskFull => StorageOpenFault.Full,
            _ => StorageOpenFault.Other,
        },
    };

    public BlockDeviceFault Classify(Exception error) => (error.HResult & 0xffff) switch
    {
        Kernel32.DiskFull or Kernel32.FileSystemLimit => BlockDeviceFault.Full,
        Kernel32.WriteProtected or Kernel32.AccessDenied => BlockDeviceFault.ReadOnly,
        Kernel32.NotReady or Kernel32.DeviceGone or Kernel32.DeviceNotConnected => BlockDeviceFault.Unreachable,
        _ => BlockDeviceFault.MediumError,
    };

    private static long? DiskLengthBytes(SafeFileHandle handle)
    {
        long lengthBytes;
        return Kernel32.DeviceIoControl(handle, Kernel32.GetDiskLength, null, 0, &lengthBytes, sizeof(long), out _, null) ? lengthBytes : null;
    }

    private static long SinceUnixNs(long time100Ns) => (time100Ns - UnixEpoch100Ns) * 100;
}

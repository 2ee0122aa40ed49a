using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace MirrorTools.Agent.Storage.Linux;

/// <summary>
/// Opens storages with their locks. A file gets flock (through <see cref="FileShare"/>) and a lock of its open file description: the first is what other
/// programs on .NET look at, the second what QEMU's tools do, and two agents meet in both. A block device is opened with O_EXCL, which the kernel
/// refuses while a file system is mounted from it.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe class LinuxOpening
{
    public static SafeFileHandle Open(string path, StorageAccess access)
    {
        SafeFileHandle? handle = null;
        try
        {
            var status = FileStatus.Of(path);
            if (!status.IsRegular && !status.IsBlockDevice)
            {
                throw new IOException("not a file", Errno.IsADirectory);
            }

            handle = status.IsBlockDevice ? OpenDevice(path, access) : OpenFile(path, access);
            TakeLock(handle, access);
            return handle;
        }
        catch (Exception error) when (OpenError.IsOfTheSystem(error))
        {
            handle?.Dispose();
            throw OpenError.Explain(path, error);
        }
    }

    public static StorageOpenFault Classify(Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => StorageOpenFault.NotFound,
        _ when error.HResult == Errno.ReadOnlyFileSystem || error.InnerException?.HResult == Errno.ReadOnlyFileSystem => StorageOpenFault.ReadOnly,
        UnauthorizedAccessException => StorageOpenFault.AccessDenied,
        ArgumentException => StorageOpenFault.TooLarge,
        _ => error.HResult switch
        {
            Errno.NoEntry or Errno.NotADirectory or Errno.NoSuchDeviceOrAddress or Errno.NoDevice => StorageOpenFault.NotFound,
            Errno.Exists => StorageOpenFault.Exists,
            Errno.NotPermitted or Errno.AccessDenied => StorageOpenFault.AccessDenied,
            Errno.Again or Errno.Busy => StorageOpenFault.InUse,
            Errno.IsADirectory => StorageOpenFault.NotAStorage,
            Errno.TooBig or Errno.Invalid => StorageOpenFault.TooLarge,
            Errno.NoSpace or Errno.OverQuota => StorageOpenFault.Full,
            _ => StorageOpenFault.Other,
        },
    };

    private static SafeFileHandle OpenFile(string path, StorageAccess access) => access == StorageAccess.ReadWrite
        ? File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None)
        : File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);

    private static SafeFileHandle OpenDevice(string path, StorageAccess access)
    {
        var flags = LibC.CloseOnExec | (access == StorageAccess.ReadWrite ? LibC.ReadWrite | LibC.Exclusive : 0);
        var descriptor = LibC.Open(path, flags);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LibC.LastError("open");
    }

    private static void TakeLock(SafeFileHandle handle, StorageAccess access)
    {
        var whole = new LibC.FileLock { Type = access == StorageAccess.ReadWrite ? LibC.FileLock.Sole : LibC.FileLock.Shared };
        if (LibC.Lock(handle, LibC.SetOpenFileLock, &whole) == 0)
        {
            return;
        }

        // Some network file systems have no such locks; flock has been taken there.
        if (Marshal.GetLastPInvokeError() is Errno.Again or Errno.AccessDenied)
        {
            throw new IOException("locked by another process", Errno.Again);
        }
    }
}

using Microsoft.Win32.SafeHandles;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage;

/// <summary>Opens and makes the storages of pairs.</summary>
public static class StorageFiles
{
    /// <summary>Opens an image file or a block device.</summary>
    /// <exception cref="StorageOpenException">It can't be opened, or is no storage.</exception>
    /// <exception cref="BlockDeviceException">It is shorter than <see cref="StorageOptions.ExpectedLengthBytes"/>.</exception>
    public static FileBlockDevice Open(string path, StorageOptions options)
    {
        var platform = StoragePlatform.Current;
        var handle = platform.Open(path, options.Access);
        try
        {
            var geometry = platform.Measure(handle, options.FileSectorBytes);
            if (geometry.LengthBytes < options.ExpectedLengthBytes)
            {
                throw new BlockDeviceException(
                    BlockDeviceFault.Truncated, $"'{path}' has {geometry.LengthBytes} bytes; its volume has {options.ExpectedLengthBytes}.");
            }

            if (geometry.LengthBytes == 0 || geometry.LengthBytes % geometry.LogicalSectorBytes != 0)
            {
                throw new StorageOpenException(StorageOpenFault.NotSectors, path, geometry.LengthBytes == 0
                    ? $"'{path}' is empty."
                    : $"'{path}' has {geometry.LengthBytes} bytes, which is no whole number of its sectors of {geometry.LogicalSectorBytes} bytes.");
            }

            return new FileBlockDevice(path, handle, geometry, options, platform);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Makes a new sparse image file that reads as zeros, and opens it. Fails before anything is written where the file system does not take its size.</summary>
    /// <exception cref="StorageOpenException">It can't be made; nothing is left behind.</exception>
    public static FileBlockDevice Create(string path, long lengthBytes, StorageOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        try
        {
            using var made = new FileStream(path, NewFile());
            Extend(path, made.SafeFileHandle, lengthBytes);
        }
        catch (Exception error) when (OpenError.IsOfTheSystem(error))
        {
            throw OpenError.Explain(path, error);
        }

        DurableDirectory.FlushEntry(path);
        return Open(path, options);
    }

    /// <summary>Which file or device a path leads to, found without locks; null where nothing is there.</summary>
    public static StorageIdentity? TryIdentify(string path) => StoragePlatform.Current.TryIdentify(path);

    /// <summary>Size and times of what a path leads to; null where nothing is there.</summary>
    public static CleanCloseStamp? TryStamp(string path) => StoragePlatform.Current.TryStamp(path);

    /// <summary>What a path takes on its file system; null where that is not known.</summary>
    public static long? TryMeasureAllocated(string path) => StoragePlatform.Current.TryMeasureAllocated(path);

    // A volume's content is for its owner, whatever the umask.
    private static FileStreamOptions NewFile()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }

    private static void Extend(string path, SafeFileHandle handle, long lengthBytes)
    {
        try
        {
            StoragePlatform.Current.MakeSparse(handle);
            RandomAccess.SetLength(handle, lengthBytes);
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            File.Delete(path);
            throw OpenError.Explain(path, error);
        }
    }
}

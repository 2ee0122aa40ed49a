using Microsoft.Win32.SafeHandles;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage;

/// <summary>A port: what .NET has no API for, one implementation per operating system. Errors are <see cref="StorageOpenException"/> from
/// the operations that open, and <see cref="IOException"/> with the operating system's code as <see cref="Exception.HResult"/> from the others.</summary>
public interface IStoragePlatform
{
    /// <summary>Opens a file or block device with its locks taken.</summary>
    SafeFileHandle Open(string path, StorageAccess access);

    /// <summary>Marks a new, empty file as sparse; does nothing where all files are.</summary>
    void MakeSparse(SafeFileHandle handle);

    /// <summary>Which file or device a path leads to, found without locks; null where nothing is there.</summary>
    StorageIdentity? TryIdentify(string path);

    /// <summary>Size and times of what a path leads to; null where nothing is there.</summary>
    CleanCloseStamp? TryStamp(string path);

    /// <summary>What a file takes on its file system, in bytes; null where that is not known.</summary>
    long? TryMeasureAllocated(string path);

    /// <summary>Which file or device this is.</summary>
    StorageIdentity Identify(SafeFileHandle handle);

    /// <summary>Size and times as they are now.</summary>
    CleanCloseStamp Stamp(SafeFileHandle handle);

    /// <summary>Size and sectors.</summary>
    /// <param name="handle">The open storage.</param>
    /// <param name="fileSectorBytes">The logical sector of an image file, which has none of its own.</param>
    BlockGeometry Measure(SafeFileHandle handle, int fileSectorBytes);

    /// <summary>Reads what the page cache holds, without waiting: the bytes read, or -1 where the caller would have to wait or can't know.</summary>
    int ReadCached(SafeFileHandle handle, long offsetBytes, Span<byte> buffer);

    /// <summary>Makes completed writes durable.</summary>
    void Flush(SafeFileHandle handle);

    /// <summary>Makes a range read as zeros without writing them; false where this storage can't.</summary>
    bool TryZero(SafeFileHandle handle, long offsetBytes, long lengthBytes, bool mayUnmap);

    /// <summary>Takes the space for every hole of a file, without changing what it reads as; false where this storage can't, or has no room.</summary>
    bool TryReserve(SafeFileHandle handle, long lengthBytes);

    /// <summary>The first run of equal allocation.</summary>
    BlockExtent FindExtent(SafeFileHandle handle, long offsetBytes, long lengthBytes);

    /// <summary>What kind of fault an error of an open or an extension was.</summary>
    StorageOpenFault ClassifyOpen(Exception error);

    /// <summary>What kind of fault an error of a read or write was.</summary>
    BlockDeviceFault Classify(Exception error);
}

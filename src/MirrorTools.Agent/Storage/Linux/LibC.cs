using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace MirrorTools.Agent.Storage.Linux;

/// <summary>The system calls that .NET does not offer. Constants are those of x86-64 and arm64, which agree in all of these.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LibC
{
    public const int ReadWrite = 0x2, Exclusive = 0x80, DirectoryOnly = 0x10000, CloseOnExec = 0x80000;
    public const int SeekData = 3, SeekHole = 4;
    public const int KeepSize = 0x1, PunchHole = 0x2, ZeroRange = 0x10;
    public const int EmptyPath = 0x1000;
    public const int SetOpenFileLock = 37;
    public const int NoWait = 0x8;
    public const nuint BlockSizeBytes64 = 0x80081272, BlockLogicalSector = 0x1268, BlockPhysicalSector = 0x127b;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int DataSync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle handle);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(SafeFileHandle handle, int mode, long offsetBytes, long lengthBytes);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(SafeFileHandle handle, long offsetBytes, int whence);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Status(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Status(SafeFileHandle handle, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle handle, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Lock(SafeFileHandle handle, int command, FileLock* range);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    public static partial nint ReadVector(SafeFileHandle handle, IoVector* vectors, int count, long offsetBytes, int flags);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    /// <summary>The operating system's error as an exception whose <see cref="Exception.HResult"/> is the errno.</summary>
    public static IOException LastError(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public byte* Start;
        public nuint LengthBytes;
    }

    /// <summary>struct flock with 64-bit offsets.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FileLock
    {
        public const short Shared = 0, Sole = 1;
        public short Type;
        public short Whence;
        public long StartBytes;
        public long LengthBytes;
        public int ProcessId;
    }
}

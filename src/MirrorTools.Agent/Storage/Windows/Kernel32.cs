using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace MirrorTools.Agent.Storage.Windows;

/// <summary>The calls of kernel32 that .NET does not offer.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class Kernel32
{
    public const uint SetSparse = 0x000900C4, SetZeroData = 0x000980C8, QueryAllocatedRanges = 0x000940CF;
    public const uint GetDiskLength = 0x0007405C, QueryStorageProperty = 0x002D1400;
    public const int AccessAlignmentProperty = 6;
    public const int FileBasicInfo = 0, FileIdInfo = 18;

    public const int FileNotFound = 2, PathNotFound = 3, AccessDenied = 5, WriteProtected = 19, NotReady = 21, SharingViolation = 32, LockViolation = 33,
        NotSupported = 50, DeviceGone = 55, FileExists = 80, DiskFull = 112, AlreadyExists = 183, MoreData = 234, InvalidFunction = 1, InvalidParameter = 87,
        FileTooLarge = 223, DeviceNotConnected = 1167, FileSystemLimit = 665;

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool DeviceIoControl(
        SafeFileHandle handle, uint code, void* input, uint inputBytes, void* output, uint outputBytes, out uint returnedBytes, void* overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetFileInformationByHandleEx(SafeFileHandle handle, int kind, void* information, uint informationBytes);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool FlushFileBuffers(SafeFileHandle handle);

    [LibraryImport("kernel32", EntryPoint = "GetCompressedFileSizeW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    public static partial uint GetCompressedFileSize(string path, out uint high);

    /// <summary>The last error as an exception with the HRESULT that .NET's own have.</summary>
    public static IOException LastError(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", unchecked((int)0x80070000) | error);
    }

    /// <summary>FILE_BASIC_INFO; times in 100 ns since 1601.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct BasicInformation
    {
        public long Created, Accessed, Modified, Changed;
        public uint Attributes;
    }

    /// <summary>FILE_ID_INFO.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IdInformation
    {
        public ulong VolumeSerial, IdLow, IdHigh;
    }

    /// <summary>FILE_ZERO_DATA_INFORMATION and FILE_ALLOCATED_RANGE_BUFFER have the same size; the second number is an end in the first.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ByteRange
    {
        public long StartBytes, EndOrLengthBytes;
    }

    /// <summary>STORAGE_PROPERTY_QUERY.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PropertyQuery
    {
        public int Property, Kind;
        public uint Parameters;
    }

    /// <summary>STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct AccessAlignment
    {
        public uint Version, SizeBytes, CacheLineBytes, CacheAlignmentBytes, LogicalSectorBytes, PhysicalSectorBytes, SectorAlignmentBytes;
    }
}

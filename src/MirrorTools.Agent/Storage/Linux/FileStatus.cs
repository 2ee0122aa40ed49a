using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace MirrorTools.Agent.Storage.Linux;

/// <summary>
/// What statx(2) tells. The layout is the same on every architecture, unlike that of stat(2):
/// <code>
///   0 mask u32     4 blksize u32   8 attributes u64  16 nlink u32  20 uid u32  24 gid u32  28 mode u16
///  32 inode u64   40 size u64     48 blocks u64      96 ctime (s64 s, u32 ns)  112 mtime (s64 s, u32 ns)
/// 128 rdev (u32 major, u32 minor) 136 dev (u32 major, u32 minor)               256 end
/// </code>
/// </summary>
[SupportedOSPlatform("linux")]
internal readonly record struct FileStatus(uint OwnerId, ushort Mode, ulong Inode, long LengthBytes, long AllocatedBytes, long ChangedNs, long ModifiedNs, ulong OwnDevice, ulong HomeDevice)
{
    private const int BlockBytes = 512;
    private const int SizeBytes = 256;
    private const uint BasicFields = 0x7ff;
    private const int TypeMask = 0xf000, Regular = 0x8000, Block = 0x6000;
    private const int CurrentDirectory = -100;

    public bool IsRegular => (Mode & TypeMask) == Regular;

    public bool IsBlockDevice => (Mode & TypeMask) == Block;

    public static unsafe FileStatus Of(SafeFileHandle handle)
    {
        var bytes = stackalloc byte[SizeBytes];
        return LibC.Status(handle, "", LibC.EmptyPath, BasicFields, bytes) == 0 ? Parse(new(bytes, SizeBytes)) : throw LibC.LastError("statx");
    }

    /// <summary>The status of what a path leads to, links followed.</summary>
    public static unsafe FileStatus Of(string path)
    {
        var bytes = stackalloc byte[SizeBytes];
        return LibC.Status(CurrentDirectory, path, 0, BasicFields, bytes) == 0 ? Parse(new(bytes, SizeBytes)) : throw LibC.LastError("statx");
    }

    private static FileStatus Parse(ReadOnlySpan<byte> bytes) => new(
        BitConverter.ToUInt32(bytes[20..]), BitConverter.ToUInt16(bytes[28..]), BitConverter.ToUInt64(bytes[32..]), BitConverter.ToInt64(bytes[40..]), BitConverter.ToInt64(bytes[48..]) * BlockBytes,
        TimeNs(bytes[96..]), TimeNs(bytes[112..]), Device(bytes[128..]), Device(bytes[136..]));

    private static long TimeNs(ReadOnlySpan<byte> bytes) => (BitConverter.ToInt64(bytes) * 1_000_000_000) + BitConverter.ToUInt32(bytes[8..]);

    private static ulong Device(ReadOnlySpan<byte> bytes) => ((ulong)BitConverter.ToUInt32(bytes) << 32) | BitConverter.ToUInt32(bytes[4..]);
}

using System.Buffers.Binary;

namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>
/// What each node tells the other when a session begins.
/// <code>
///  0         2       3   4             8                 16              24            40              56
///  | version | flags | 0 | grain bytes | volume length | last received | stream (16) | instance (16) | ranges (4) |
/// 60  record: <see cref="SyncRecordCodec"/> without its definition
/// </code>
/// Flags: 1 has its cache. Stream: whose numbers "last received" is of.
/// </summary>
internal sealed record SyncGreeting(long LengthBytes, int GrainBytes, int RangeCount, bool HasCache, Guid Instance, Guid Stream, ulong Received, SyncRecord Record)
{
    private const ushort Version = 1;
    private const int FixedBytes = 60;

    /// <summary>Encodes the greeting.</summary>
    public byte[] Encode()
    {
        byte[] record = SyncRecordCodec.Encode(Record with { Definition = default });
        byte[] bytes = new byte[FixedBytes + record.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Version);
        bytes[2] = HasCache ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), GrainBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), LengthBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Received);
        Stream.TryWriteBytes(bytes.AsSpan(24));
        Instance.TryWriteBytes(bytes.AsSpan(40));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(56), RangeCount);
        record.CopyTo(bytes, FixedBytes);
        return bytes;
    }

    /// <summary>Decodes a greeting; null where the bytes are not one.</summary>
    public static SyncGreeting? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedBytes || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Version || !SyncRecordCodec.TryDecode(bytes[FixedBytes..], out SyncRecord? record))
        {
            return null;
        }

        return new SyncGreeting(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[56..]),
            bytes[2] == 1,
            new Guid(bytes.Slice(40, 16)),
            new Guid(bytes.Slice(24, 16)),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            record!);
    }
}

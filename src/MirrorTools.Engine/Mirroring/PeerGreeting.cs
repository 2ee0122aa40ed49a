using System.Buffers.Binary;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring;

/// <summary>
/// What each side of a pair tells the other when a session begins.
/// <code>
///  0        2        3        4                 8                       16
///  | version         | service| grain bytes     | volume length in bytes |
///  | record length   |  0              | record: <see cref="PairRecordCodec"/> without its definition ...
/// </code>
/// </summary>
/// <param name="LengthBytes">The length of the volume.</param>
/// <param name="GrainBytes">The grain size.</param>
/// <param name="Record">What the side knows durably.</param>
/// <param name="Service">The copy service whose side it is; null where an older program does not say.</param>
internal sealed record PeerGreeting(long LengthBytes, int GrainBytes, PairRecord Record, CopyService? Service)
{
    private const ushort Version = 1;
    private const int FixedBytes = 24;

    /// <summary>Encodes the greeting.</summary>
    public byte[] Encode()
    {
        // Names and the recovered point are this side's own; an older program could not read them.
        byte[] record = PairRecordCodec.Encode(Record with { Definition = default, NamedPoints = [], RecoveredPoint = 0 });
        byte[] bytes = new byte[FixedBytes + record.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), Service is { } service ? (ushort)(service + 1) : (ushort)0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), GrainBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), LengthBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), record.Length);
        record.CopyTo(bytes, FixedBytes);
        return bytes;
    }

    /// <summary>Decodes a greeting; null where the bytes are not one.</summary>
    public static PeerGreeting? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedBytes || BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Version
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]) != bytes.Length - FixedBytes
            || !PairRecordCodec.TryDecode(bytes[FixedBytes..], out PairRecord? record))
        {
            return null;
        }

        CopyService? service = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]) is > 0 and var said ? (CopyService)Math.Min(said - 1, byte.MaxValue) : null;
        return new PeerGreeting(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), record!, service);
    }
}

using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// What precedes the data in the payload of <see cref="LinkFrameType.Message"/>. The data follows, as it is or compressed.
/// <code>
///   0       2       4               8                               16
///  +-------+-------+---------------+-------------------------------+
///  | kind  | flags | status        | point                         |
///  +-------+-------+---------------+-------------------------------+
/// 16                               24                              32
///  +-------------------------------+-------------------------------+
///  | firstGrain                    | grainCount                    |
///  +-------------------------------+-------------------------------+
/// 32                               48              52              56
///  +-------------------------------+---------------+---------------+
///  | subject (RFC 9562 order)      | dataLength    | reserved 0    |
///  +-------------------------------+---------------+---------------+
/// </code>
/// </summary>
/// <param name="Message">The fields of the copy service.</param>
/// <param name="DataLength">Length of the data in bytes, before compression.</param>
public readonly record struct MessageHead(PeerMessage Message, int DataLength)
{
    /// <summary>Size of the head in bytes.</summary>
    public const int SizeBytes = 56;

    /// <summary>Reads the head; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MessageHead head)
    {
        head = default;
        if (bytes.Length < SizeBytes)
        {
            return false;
        }

        head = new MessageHead(
            new PeerMessage(
                BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
                new Guid(bytes.Slice(32, 16), bigEndian: true)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]));
        return head.DataLength is >= 0 and <= LinkProtocol.MaxPayloadBytes;
    }

    /// <summary>Writes the head and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Message.Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], Message.Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Message.Status);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Message.Point);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Message.FirstGrain);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Message.GrainCount);
        Message.Subject.TryWriteBytes(bytes[32..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[48..], DataLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[52..], 0);
        return SizeBytes;
    }
}

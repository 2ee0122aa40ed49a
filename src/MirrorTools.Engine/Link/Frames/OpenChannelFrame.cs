using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.OpenChannel"/>; the header's channel is the new one.
/// <code>
///   0                               16              20              24
///  +-------------------------------+---------------+---------------+
///  | pairId (RFC 9562 order)       | creditBytes   | creditMessages|
///  +-------------------------------+---------------+---------------+
/// </code>
/// </summary>
/// <param name="PairId">The pair the channel is for.</param>
/// <param name="CreditBytes">Message data the sender takes ahead of its release.</param>
/// <param name="CreditMessages">Messages the sender takes ahead of their release.</param>
public readonly record struct OpenChannelFrame(Guid PairId, int CreditBytes, int CreditMessages)
{
    /// <summary>Size of the payload in bytes.</summary>
    public const int SizeBytes = 24;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out OpenChannelFrame frame)
    {
        frame = default;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        frame = new OpenChannelFrame(
            new Guid(bytes[..16], bigEndian: true),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]));
        return frame.CreditBytes >= 0 && frame.CreditMessages > 0;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        PairId.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], CreditBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], CreditMessages);
        return SizeBytes;
    }
}

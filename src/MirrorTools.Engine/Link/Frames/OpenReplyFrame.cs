using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.OpenReply"/>.
/// <code>
///   0               4               8               12
///  +---------------+---------------+---------------+
///  | accepted 0, 1 | creditBytes   | creditMessages|
///  +---------------+---------------+---------------+
/// </code>
/// </summary>
/// <param name="Accepted">Whether the channel is open now.</param>
/// <param name="CreditBytes">Message data the sender takes ahead of its release; 0 where refused.</param>
/// <param name="CreditMessages">Messages the sender takes ahead of their release; 0 where refused.</param>
public readonly record struct OpenReplyFrame(bool Accepted, int CreditBytes, int CreditMessages)
{
    /// <summary>Size of the payload in bytes.</summary>
    public const int SizeBytes = 12;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out OpenReplyFrame frame)
    {
        frame = default;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        uint accepted = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        frame = new OpenReplyFrame(
            accepted == 1,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]));
        return accepted <= 1 && frame.CreditBytes >= 0 && frame.CreditMessages >= 0;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Accepted ? 1u : 0u);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], CreditBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], CreditMessages);
        return SizeBytes;
    }
}

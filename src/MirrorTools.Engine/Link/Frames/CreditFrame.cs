using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.Credit"/>.
/// <code>
///   0               4               8
///  +---------------+---------------+
///  | bytes         | messages      |
///  +---------------+---------------+
/// </code>
/// </summary>
/// <param name="Bytes">Message data that was released.</param>
/// <param name="Messages">Messages that were released.</param>
public readonly record struct CreditFrame(int Bytes, int Messages)
{
    /// <summary>Size of the payload in bytes.</summary>
    public const int SizeBytes = 8;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CreditFrame frame)
    {
        frame = default;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        frame = new CreditFrame(BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]));
        return frame.Bytes >= 0 && frame.Messages >= 0;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], Messages);
        return SizeBytes;
    }
}

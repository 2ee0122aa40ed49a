using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.Ping"/>.
/// <code>
///   0                               8                               16
///  +-------------------------------+-------------------------------+
///  | id                            | senderUtc, microseconds       |
///  +-------------------------------+-------------------------------+
/// </code>
/// </summary>
/// <param name="Id">Comes back in the pong.</param>
/// <param name="SenderUtcMicroseconds">The sender's clock since 1970 (UTC).</param>
public readonly record struct PingFrame(ulong Id, long SenderUtcMicroseconds)
{
    /// <summary>Size of the payload in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PingFrame frame)
    {
        frame = default;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        frame = new PingFrame(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
        return true;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Id);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], SenderUtcMicroseconds);
        return SizeBytes;
    }
}

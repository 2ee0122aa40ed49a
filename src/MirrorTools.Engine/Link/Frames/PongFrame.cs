using System.Buffers.Binary;

namespace MirrorTools.Engine.Link.Frames;

/// <summary>
/// Payload of <see cref="LinkFrameType.Pong"/>.
/// <code>
///   0                               8                               16                              24
///  +-------------------------------+-------------------------------+-------------------------------+
///  | id of the ping                | senderUtc of the ping         | answererUtc, microseconds     |
///  +-------------------------------+-------------------------------+-------------------------------+
/// </code>
/// </summary>
/// <param name="Id">The ping's id.</param>
/// <param name="PingUtcMicroseconds">The clock in the ping.</param>
/// <param name="PongUtcMicroseconds">The answerer's clock since 1970 (UTC).</param>
public readonly record struct PongFrame(ulong Id, long PingUtcMicroseconds, long PongUtcMicroseconds)
{
    /// <summary>Size of the payload in bytes.</summary>
    public const int SizeBytes = 24;

    /// <summary>Reads the payload; false where it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PongFrame frame)
    {
        frame = default;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        frame = new PongFrame(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
        return true;
    }

    /// <summary>Writes the payload and returns its length.</summary>
    public int Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Id);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], PingUtcMicroseconds);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], PongUtcMicroseconds);
        return SizeBytes;
    }
}

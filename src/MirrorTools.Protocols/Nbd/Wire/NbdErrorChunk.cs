using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The head of an NBD_REPLY_TYPE_ERROR payload; a message in UTF-8 follows.</summary>
/// <param name="Error">How the request ended.</param>
/// <param name="MessageBytes">The message's length, as claimed: check before use.</param>
/// <remarks>
/// <code>
///  0       4       6
/// +-------+-------+--- - -
/// | error |length | message
/// +-------+-------+--- - -
/// </code>
/// </remarks>
public readonly record struct NbdErrorChunk(NbdError Error, ushort MessageBytes)
{
    /// <summary>The size in bytes, without the message.</summary>
    public const int Size = 6;

    private const int LengthOffset = 4;

    /// <summary>Reads the head; false where it is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdErrorChunk chunk)
    {
        chunk = default;
        if (source.Length < Size)
        {
            return false;
        }

        chunk = new NbdErrorChunk((NbdError)BinaryPrimitives.ReadUInt32BigEndian(source), BinaryPrimitives.ReadUInt16BigEndian(source[LengthOffset..]));
        return true;
    }

    /// <summary>Writes the head.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Error);
        BinaryPrimitives.WriteUInt16BigEndian(destination[LengthOffset..], MessageBytes);
    }
}

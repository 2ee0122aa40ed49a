using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The head of a chunk of a structured reply; its payload follows.</summary>
/// <param name="Flags">Bit 0: the last chunk of this reply.</param>
/// <param name="Type">What the payload is; errors have the top bit set.</param>
/// <param name="Cookie">The request's number.</param>
/// <param name="LengthBytes">The payload's length, as claimed: check before use.</param>
/// <remarks>
/// <code>
///  0       4       6       8                16       20
/// +-------+-------+-------+----------------+--------+--- - -
/// | magic | flags | type  | cookie         | length | payload
/// +-------+-------+-------+----------------+--------+--- - -
/// </code>
/// </remarks>
public readonly record struct NbdChunkHeader(ushort Flags, ushort Type, ulong Cookie, uint LengthBytes)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 20;

    private const int FlagsOffset = 4;
    private const int TypeOffset = 6;
    private const int CookieOffset = 8;
    private const int LengthOffset = 16;

    /// <summary>Whether this is the reply's last chunk.</summary>
    public bool IsLast => (Flags & NbdProtocol.ChunkDone) != 0;

    /// <summary>Whether the chunk tells an error.</summary>
    public bool IsError => (Type & NbdProtocol.ChunkErrorBit) != 0;

    /// <summary>Reads the head; false where it is too short or its magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdChunkHeader header)
    {
        header = default;
        if (source.Length < Size || BinaryPrimitives.ReadUInt32BigEndian(source) != NbdProtocol.ChunkMagic)
        {
            return false;
        }

        header = new NbdChunkHeader(
            BinaryPrimitives.ReadUInt16BigEndian(source[FlagsOffset..]),
            BinaryPrimitives.ReadUInt16BigEndian(source[TypeOffset..]),
            BinaryPrimitives.ReadUInt64BigEndian(source[CookieOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[LengthOffset..]));
        return true;
    }

    /// <summary>Writes the head.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, NbdProtocol.ChunkMagic);
        BinaryPrimitives.WriteUInt16BigEndian(destination[FlagsOffset..], Flags);
        BinaryPrimitives.WriteUInt16BigEndian(destination[TypeOffset..], Type);
        BinaryPrimitives.WriteUInt64BigEndian(destination[CookieOffset..], Cookie);
        BinaryPrimitives.WriteUInt32BigEndian(destination[LengthOffset..], LengthBytes);
    }
}

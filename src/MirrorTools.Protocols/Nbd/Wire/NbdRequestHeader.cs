using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>A request; the payload of a write follows.</summary>
/// <param name="Flags">Command flags.</param>
/// <param name="Command">What to do.</param>
/// <param name="Cookie">The client's own number, returned in the reply.</param>
/// <param name="OffsetBytes">Where, as claimed: check before use.</param>
/// <param name="LengthBytes">How much, as claimed: check before use.</param>
/// <remarks>
/// <code>
///  0       4       6       8                16               24       28
/// +-------+-------+-------+----------------+----------------+--------+--- - -
/// | magic | flags | type  | cookie         | offset         | length | payload
/// +-------+-------+-------+----------------+----------------+--------+--- - -
/// </code>
/// </remarks>
public readonly record struct NbdRequestHeader(ushort Flags, NbdCommand Command, ulong Cookie, ulong OffsetBytes, uint LengthBytes)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 28;

    private const int FlagsOffset = 4;
    private const int TypeOffset = 6;
    private const int CookieOffset = 8;
    private const int OffsetOffset = 16;
    private const int LengthOffset = 24;

    /// <summary>Reads the request; false where it is too short or its magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdRequestHeader header)
    {
        header = default;
        if (source.Length < Size || BinaryPrimitives.ReadUInt32BigEndian(source) != NbdProtocol.RequestMagic)
        {
            return false;
        }

        header = new NbdRequestHeader(
            BinaryPrimitives.ReadUInt16BigEndian(source[FlagsOffset..]),
            (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(source[TypeOffset..]),
            BinaryPrimitives.ReadUInt64BigEndian(source[CookieOffset..]),
            BinaryPrimitives.ReadUInt64BigEndian(source[OffsetOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[LengthOffset..]));
        return true;
    }

    /// <summary>Writes the request.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, NbdProtocol.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(destination[FlagsOffset..], Flags);
        BinaryPrimitives.WriteUInt16BigEndian(destination[TypeOffset..], (ushort)Command);
        BinaryPrimitives.WriteUInt64BigEndian(destination[CookieOffset..], Cookie);
        BinaryPrimitives.WriteUInt64BigEndian(destination[OffsetOffset..], OffsetBytes);
        BinaryPrimitives.WriteUInt32BigEndian(destination[LengthOffset..], LengthBytes);
    }
}

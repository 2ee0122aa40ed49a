using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>A simple reply; the data of a successful read follows.</summary>
/// <param name="Error">How the request ended.</param>
/// <param name="Cookie">The request's number.</param>
/// <remarks>
/// <code>
///  0       4       8                16
/// +-------+-------+----------------+--- - -
/// | magic | error | cookie         | data
/// +-------+-------+----------------+--- - -
/// </code>
/// </remarks>
public readonly record struct NbdSimpleReplyHeader(NbdError Error, ulong Cookie)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 16;

    private const int ErrorOffset = 4;
    private const int CookieOffset = 8;

    /// <summary>Reads the reply; false where it is too short or its magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdSimpleReplyHeader header)
    {
        header = default;
        if (source.Length < Size || BinaryPrimitives.ReadUInt32BigEndian(source) != NbdProtocol.SimpleReplyMagic)
        {
            return false;
        }

        header = new NbdSimpleReplyHeader(
            (NbdError)BinaryPrimitives.ReadUInt32BigEndian(source[ErrorOffset..]), BinaryPrimitives.ReadUInt64BigEndian(source[CookieOffset..]));
        return true;
    }

    /// <summary>Writes the reply.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, NbdProtocol.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(destination[ErrorOffset..], (uint)Error);
        BinaryPrimitives.WriteUInt64BigEndian(destination[CookieOffset..], Cookie);
    }
}

using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The head of a reply to an option, from the server; its payload follows.</summary>
/// <param name="Option">The option that is answered.</param>
/// <param name="Reply">What the answer is; errors have the top bit set.</param>
/// <param name="LengthBytes">The payload's length, as claimed: check before use.</param>
/// <remarks>
/// <code>
///  0                8        12       16       20
/// +----------------+--------+--------+--------+--- - -
/// | reply magic    | option | reply  | length | payload
/// +----------------+--------+--------+--------+--- - -
/// </code>
/// </remarks>
public readonly record struct NbdOptionReplyHeader(uint Option, uint Reply, uint LengthBytes)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 20;

    private const int OptionOffset = 8;
    private const int ReplyOffset = 12;
    private const int LengthOffset = 16;

    /// <summary>Whether the reply is an error.</summary>
    public bool IsError => (Reply & NbdProtocol.RepErrorBit) != 0;

    /// <summary>Reads the head; false where it is too short or its magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdOptionReplyHeader header)
    {
        header = default;
        if (source.Length < Size || BinaryPrimitives.ReadUInt64BigEndian(source) != NbdProtocol.OptionReplyMagic)
        {
            return false;
        }

        header = new NbdOptionReplyHeader(
            BinaryPrimitives.ReadUInt32BigEndian(source[OptionOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[ReplyOffset..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[LengthOffset..]));
        return true;
    }

    /// <summary>Writes the head.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, NbdProtocol.OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(destination[OptionOffset..], Option);
        BinaryPrimitives.WriteUInt32BigEndian(destination[ReplyOffset..], Reply);
        BinaryPrimitives.WriteUInt32BigEndian(destination[LengthOffset..], LengthBytes);
    }
}

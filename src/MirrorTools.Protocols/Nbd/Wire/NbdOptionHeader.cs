using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The head of an option, from the client; its payload follows.</summary>
/// <param name="Option">Which option.</param>
/// <param name="LengthBytes">The payload's length, as claimed: check before use.</param>
/// <remarks>
/// <code>
///  0                8        12       16
/// +----------------+--------+--------+--- - -
/// | "IHAVEOPT"     | option | length | payload
/// +----------------+--------+--------+--- - -
/// </code>
/// </remarks>
public readonly record struct NbdOptionHeader(uint Option, uint LengthBytes)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 16;

    private const int OptionOffset = 8;
    private const int LengthOffset = 12;

    /// <summary>Reads the head; false where it is too short or its magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdOptionHeader header)
    {
        header = default;
        if (source.Length < Size || BinaryPrimitives.ReadUInt64BigEndian(source) != NbdProtocol.OptionMagic)
        {
            return false;
        }

        header = new NbdOptionHeader(
            BinaryPrimitives.ReadUInt32BigEndian(source[OptionOffset..]), BinaryPrimitives.ReadUInt32BigEndian(source[LengthOffset..]));
        return true;
    }

    /// <summary>Writes the head.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, NbdProtocol.OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(destination[OptionOffset..], Option);
        BinaryPrimitives.WriteUInt32BigEndian(destination[LengthOffset..], LengthBytes);
    }
}

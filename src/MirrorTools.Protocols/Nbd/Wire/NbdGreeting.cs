using System.Buffers.Binary;

namespace MirrorTools.Protocols.Nbd;

/// <summary>The first message of a connection, from the server ("Newstyle negotiation").</summary>
/// <param name="Flags">Handshake flags.</param>
/// <remarks>
/// <code>
///  0                8               16      18
/// +----------------+----------------+-------+
/// | "NBDMAGIC"     | "IHAVEOPT"     | flags |
/// +----------------+----------------+-------+
/// </code>
/// </remarks>
public readonly record struct NbdGreeting(ushort Flags)
{
    /// <summary>The size in bytes.</summary>
    public const int Size = 18;

    private const int OptionMagicOffset = 8;
    private const int FlagsOffset = 16;

    /// <summary>Reads the message; false where it is too short or its magic is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out NbdGreeting greeting)
    {
        greeting = default;
        if (source.Length < Size
            || BinaryPrimitives.ReadUInt64BigEndian(source) != NbdProtocol.GreetingMagic
            || BinaryPrimitives.ReadUInt64BigEndian(source[OptionMagicOffset..]) != NbdProtocol.OptionMagic)
        {
            return false;
        }

        greeting = new NbdGreeting(BinaryPrimitives.ReadUInt16BigEndian(source[FlagsOffset..]));
        return true;
    }

    /// <summary>Writes the message.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, NbdProtocol.GreetingMagic);
        BinaryPrimitives.WriteUInt64BigEndian(destination[OptionMagicOffset..], NbdProtocol.OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(destination[FlagsOffset..], Flags);
    }
}

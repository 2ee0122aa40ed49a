using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MirrorTools.Engine.Journal;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// The one string that an admin carries from one agent to the other: <c>MT1-</c> and base32 (RFC 4648, without padding) of
/// <code>
///   0                       8                               40              56  57
///  +-----------------------+-------------------------------+---------------+---+------------------...
///  | offerId               | listener's pin (SHA-256)      | secret        | n | n x (length, host:port)
///  +-----------------------+-------------------------------+---------------+---+------------------...
///  ... +---------------+
///      | CRC-32C       |   of everything before it, little endian
///      +---------------+
/// </code>
/// Case, spaces and line breaks don't matter. The offer's id is no secret: it lets the listener count failures for the offer that is attacked.
/// </summary>
/// <param name="OfferId">Names the offer at the listener.</param>
/// <param name="ListenerPin">The listener's public key.</param>
/// <param name="Secret">128 random bits.</param>
/// <param name="Addresses">Where the listener is, <c>host:port</c>, one to eight.</param>
internal sealed record PairingCode(ulong OfferId, byte[] ListenerPin, byte[] Secret, IReadOnlyList<string> Addresses)
{
    public const int SecretBytes = 16;
    public const int MaxAddresses = 8;
    public const int MaxAddressBytes = 255;

    private const string Prefix = "MT1-";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int MaxTextLength = 8192;
    private const int SecretOffset = sizeof(ulong) + PublicKeyPin.SizeBytes;
    private const int AddressesOffset = SecretOffset + SecretBytes;

    /// <summary>The code as text.</summary>
    public string Format()
    {
        using var stream = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, OfferId);
        stream.Write(number);
        stream.Write(ListenerPin);
        stream.Write(Secret);
        stream.WriteByte((byte)Addresses.Count);
        foreach (var address in Addresses)
        {
            var bytes = Encoding.UTF8.GetBytes(address);
            stream.WriteByte(checked((byte)bytes.Length));
            stream.Write(bytes);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(number, Crc32C.Compute(stream.ToArray()));
        stream.Write(number[..sizeof(uint)]);
        return Prefix + ToBase32(stream.ToArray());
    }

    /// <summary>Reads a code.</summary>
    /// <exception cref="TrustException">It is none (<see cref="TrustErrorId.TrustCodeMalformed"/>).</exception>
    public static PairingCode Parse(string text)
    {
        var compact = text.Length > MaxTextLength ? "" : string.Concat(text.Where(c => !char.IsWhiteSpace(c))).ToUpperInvariant();
        if (!compact.StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw Malformed(compact.StartsWith("MT", StringComparison.Ordinal)
                ? "it was made by an agent of another version; update the older agent"
                : $"it does not begin with '{Prefix}'");
        }

        if (!TryFromBase32(compact.AsSpan(Prefix.Length), out var bytes) || bytes.Length < AddressesOffset + 1 + sizeof(uint))
        {
            throw Malformed("it is damaged or cut short");
        }

        var body = bytes.AsSpan(0, bytes.Length - sizeof(uint));
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(body.Length)) != Crc32C.Compute(body))
        {
            throw Malformed("a character is wrong or missing");
        }

        return new PairingCode(
            BinaryPrimitives.ReadUInt64LittleEndian(body),
            body.Slice(sizeof(ulong), PublicKeyPin.SizeBytes).ToArray(),
            body.Slice(SecretOffset, SecretBytes).ToArray(),
            ReadAddresses(body[AddressesOffset..]));
    }

    private static List<string> ReadAddresses(ReadOnlySpan<byte> bytes)
    {
        int count = bytes[0];
        bytes = bytes[1..];
        var addresses = new List<string>();
        for (int i = 0; i < count && count <= MaxAddresses; i++)
        {
            if (bytes.Length < 1 || bytes.Length < 1 + bytes[0])
            {
                throw Malformed("it is cut short");
            }

            addresses.Add(Encoding.UTF8.GetString(bytes.Slice(1, bytes[0])));
            bytes = bytes[(1 + bytes[0])..];
        }

        return addresses.Count > 0 && bytes.IsEmpty && addresses.TrueForAll(PeerAddress.IsValid)
            ? addresses
            : throw Malformed("it carries no usable address");
    }

    private static TrustException Malformed(string why) => new(
        TrustErrorId.TrustCodeMalformed, $"This is no pairing code: {why}. Copy the whole code that New-MirrorTrust showed on the other agent.");

    private static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder((bytes.Length * 8 / 5) + 1);
        uint bits = 0;
        int count = 0;
        foreach (byte value in bytes)
        {
            bits = (bits << 8) | value;
            for (count += 8; count >= 5; count -= 5)
            {
                text.Append(Alphabet[(int)(bits >> (count - 5)) & 31]);
            }
        }

        return (count > 0 ? text.Append(Alphabet[(int)(bits << (5 - count)) & 31]) : text).ToString();
    }

    private static bool TryFromBase32(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = new byte[text.Length * 5 / 8];
        uint bits = 0;
        int count = 0;
        int written = 0;
        foreach (char c in text)
        {
            int value = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (value < 0)
            {
                return false;
            }

            bits = (bits << 5) | (uint)value;
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                bytes[written++] = (byte)(bits >> count);
            }
        }

        return written == bytes.Length && (bits & ((1u << count) - 1)) == 0;
    }
}

using System.Buffers.Binary;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// Payload of <see cref="PairingMessageType.Hello"/>.
/// <code>
///   0                       8                               40
///  +-----------------------+-------------------------------+
///  | offerId               | joiner's nonce                |
///  +-----------------------+-------------------------------+
/// </code>
/// </summary>
/// <param name="OfferId">The offer in the code.</param>
/// <param name="Nonce">32 random bytes.</param>
internal readonly record struct PairingHello(ulong OfferId, byte[] Nonce)
{
    public const int NonceBytes = 32;
    public const int SizeBytes = sizeof(ulong) + NonceBytes;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out PairingHello hello)
    {
        hello = default;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        hello = new PairingHello(BinaryPrimitives.ReadUInt64LittleEndian(bytes), bytes[sizeof(ulong)..].ToArray());
        return true;
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[SizeBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, OfferId);
        Nonce.CopyTo(bytes, sizeof(ulong));
        return bytes;
    }
}

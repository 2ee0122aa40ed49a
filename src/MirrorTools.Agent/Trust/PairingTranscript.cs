using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// What both sides of a pairing have seen, and the proofs over it. Since both certificates' keys are in it, a proof that was made on one TLS connection
/// fits no other: somebody in the middle would have to have one of the keys.
/// </summary>
/// <param name="JoinerPin">The joiner's public key, as TLS showed it.</param>
/// <param name="ListenerPin">The listener's public key, as TLS showed it.</param>
/// <param name="OfferId">The offer.</param>
/// <param name="JoinerNonce">The joiner's nonce.</param>
/// <param name="ListenerNonce">The listener's nonce.</param>
internal sealed record PairingTranscript(byte[] JoinerPin, byte[] ListenerPin, ulong OfferId, byte[] JoinerNonce, byte[] ListenerNonce)
{
    public const int ProofBytes = HMACSHA256.HashSizeInBytes;

    /// <summary>The joiner's proof that it knows the secret, over who it says it is.</summary>
    public byte[] ProveJoiner(byte[] secret, ReadOnlySpan<byte> person) => Prove(secret, "MirrorTools pairing 1 joiner\0"u8, person);

    /// <summary>The listener's proof that it knows the secret, over who it says it is.</summary>
    public byte[] ProveListener(byte[] secret, ReadOnlySpan<byte> person) => Prove(secret, "MirrorTools pairing 1 listener\0"u8, person);

    private byte[] Prove(byte[] secret, ReadOnlySpan<byte> role, ReadOnlySpan<byte> person)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, OfferId);
        hmac.AppendData(role);
        hmac.AppendData(JoinerPin);
        hmac.AppendData(ListenerPin);
        hmac.AppendData(number);
        hmac.AppendData(JoinerNonce);
        hmac.AppendData(ListenerNonce);
        hmac.AppendData(person);
        return hmac.GetHashAndReset();
    }
}

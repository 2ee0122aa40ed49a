namespace MirrorTools.Agent.Trust;

/// <summary>
/// Payload of <see cref="PairingMessageType.Challenge"/>.
/// <code>
///   0        1                                33
///  +--------+--------------------------------+
///  | status | listener's nonce               |   zeros unless the status is good
///  +--------+--------------------------------+
/// </code>
/// </summary>
/// <param name="Status">Whether the listener goes on.</param>
/// <param name="Nonce">32 random bytes.</param>
internal readonly record struct PairingChallenge(PairingStatus Status, byte[] Nonce)
{
    public const int SizeBytes = 1 + PairingHello.NonceBytes;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out PairingChallenge challenge)
    {
        challenge = default;
        if (bytes.Length != SizeBytes)
        {
            return false;
        }

        challenge = new PairingChallenge((PairingStatus)bytes[0], bytes[1..].ToArray());
        return true;
    }

    public byte[] ToBytes() => [(byte)Status, .. Nonce];
}

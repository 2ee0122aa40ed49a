using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MirrorTools.Agent.Trust;

/// <summary>What peers pin: the SHA-256 of a certificate's public key (SPKI). A certificate may be renewed around the same key.</summary>
public static class PublicKeyPin
{
    /// <summary>Length of a pin in bytes.</summary>
    public const int SizeBytes = SHA256.HashSizeInBytes;

    /// <summary>The pin of a certificate.</summary>
    public static byte[] Of(X509Certificate2 certificate) => SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>The pin as a fingerprint: 64 lower-case hex digits.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> pin) => Convert.ToHexStringLower(pin);

    /// <summary>Whether a certificate has the key that is pinned.</summary>
    public static bool Matches(X509Certificate2 certificate, ReadOnlySpan<byte> pin) => CryptographicOperations.FixedTimeEquals(Of(certificate), pin);
}

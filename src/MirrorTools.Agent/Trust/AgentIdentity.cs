using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// Who this agent is: its id, and the key and self-signed certificate that prove it, in one file of the state directory that only the agent's account
/// can read. The certificate's subject is the id, so that id and key can't part.
/// </summary>
public sealed class AgentIdentity : IDisposable
{
    /// <summary>The file in the state directory: certificate and key (PKCS#8) in PEM.</summary>
    public const string FileName = "identity.pem";

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // RFC 5280, 4.1.2.5: a certificate without a good expiration date. Peers pin the key and don't look at dates.
    private static readonly DateTimeOffset NoExpiry = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private AgentIdentity(Guid agentId, string name, X509Certificate2 certificate)
    {
        (AgentId, Name, Certificate) = (agentId, name, certificate);
        Pin = PublicKeyPin.Of(certificate);
        Fingerprint = PublicKeyPin.Fingerprint(Pin);
        TlsContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    /// <summary>This agent's identity.</summary>
    public Guid AgentId { get; }

    /// <summary>This agent's name, a label.</summary>
    public string Name { get; }

    /// <summary>The certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of the public key (SPKI), 64 lower-case hex digits: what peers pin.</summary>
    public string Fingerprint { get; }

    /// <summary>The fingerprint's bytes.</summary>
    internal byte[] Pin { get; }

    /// <summary>The certificate as TLS wants it.</summary>
    internal SslStreamCertificateContext TlsContext { get; }

    /// <summary>Reads the identity from <paramref name="stateDirectory"/>, or makes one there that only the agent's account can read.</summary>
    /// <exception cref="TrustException">The file is there and is no identity (<see cref="TrustErrorId.TrustStoreFailed"/>).</exception>
    public static AgentIdentity LoadOrCreate(string stateDirectory, string name, TimeProvider time)
    {
        var path = Path.Combine(stateDirectory, FileName);
        try
        {
            if (!File.Exists(path))
            {
                AtomicFile.Write(path, Encoding.ASCII.GetBytes(Create(Guid.NewGuid(), time)));
            }
            else if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return Load(File.ReadAllText(path), name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or FormatException)
        {
            throw new TrustException(
                TrustErrorId.TrustStoreFailed,
                $"The agent's identity in '{path}' can't be read: {error.Message} Restore the file from a backup; without it every peer must be "
                + "paired anew with New-MirrorTrust.",
                error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private static string Create(Guid agentId, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={agentId:D}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication), new Oid(ClientAuthentication)], critical: false));
        using var certificate = request.CreateSelfSigned(time.GetUtcNow().AddDays(-1), NoExpiry);
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private static AgentIdentity Load(string pem, string name)
    {
        var certificate = X509Certificate2.CreateFromPem(pem, pem);
        if (OperatingSystem.IsWindows())
        {
            // Schannel takes no ephemeral key: the import gives it a place in the key store.
            using var ephemeral = certificate;
            certificate = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.UserKeySet);
        }

        var agentId = Guid.ParseExact(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), "D");
        return new AgentIdentity(agentId, name, certificate);
    }
}

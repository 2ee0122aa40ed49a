using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MirrorTools.Agent.Trust;

namespace MirrorTools.Agent.Link;

/// <summary>
/// TLS as the link uses it: both sides show their self-signed certificate, and what counts is the key in it. The name that the client asks for says
/// what the connection is for, so that a listener can refuse a stranger's key while the handshake is still under way.
/// </summary>
internal static class LinkTls
{
    /// <summary>The server name of a connection between agents that trust each other.</summary>
    public const string LinkName = "link.mirrortools.internal";

    /// <summary>The server name of a connection that pairs two agents, and can do nothing else.</summary>
    public const string PairingName = "pair.mirrortools.internal";

    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    // AES-GCM has instructions of its own on every server processor; 128 bits cost a third less than 256 there.
    private static readonly TlsCipherSuite[] Suites =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ];

    /// <summary>The listener's side.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="admits">Whether a client's certificate may go on.</param>
    public static SslServerAuthenticationOptions Server(AgentIdentity identity, Func<X509Certificate2, bool> admits) => new()
    {
        ServerCertificateContext = identity.TlsContext,
        ClientCertificateRequired = true,
        EnabledSslProtocols = Protocols,
        CipherSuitesPolicy = Policy(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = ChainPolicy(),
        AllowRenegotiation = false,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && admits(shown),
    };

    /// <summary>The connecting side.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="name">What the connection is for.</param>
    /// <param name="admits">Whether the server's certificate is the one that is expected.</param>
    public static SslClientAuthenticationOptions Client(AgentIdentity identity, string name, Func<X509Certificate2, bool> admits) => new()
    {
        TargetHost = name,
        ClientCertificateContext = identity.TlsContext,
        EnabledSslProtocols = Protocols,
        CipherSuitesPolicy = Policy(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = ChainPolicy(),
        AllowRenegotiation = false,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && admits(shown),
    };

    // The chain says nothing about a self-signed certificate; what must not happen is that a stranger's makes us download something.
    private static X509ChainPolicy ChainPolicy() => new()
    {
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        VerificationFlags = X509VerificationFlags.AllFlags,
    };

    // Windows has one policy for the machine and takes none per connection.
    private static CipherSuitesPolicy? Policy() => OperatingSystem.IsLinux() ? new CipherSuitesPolicy(Suites) : null;
}

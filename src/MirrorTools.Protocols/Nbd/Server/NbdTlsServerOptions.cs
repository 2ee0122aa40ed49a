using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MirrorTools.Protocols.Nbd;

/// <summary>How a listener protects its connections by STARTTLS. A client certificate is always required.</summary>
public sealed class NbdTlsServerOptions
{
    /// <summary>The server's certificate and key.</summary>
    public required SslStreamCertificateContext Certificate { get; init; }

    /// <summary>Decides whether a client is known, usually by its chain to the agent's own CA (P-9). Exceptions count as a refusal.</summary>
    public required Func<X509Certificate2, bool> IsClientTrusted { get; init; }
}

using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Exports;

/// <summary>
/// The certificates of an attachment with TLS: a directory with <c>ca-cert.pem</c>, <c>server-cert.pem</c> and <c>server-key.pem</c>, the names that QEMU and nbdkit use.
/// Whoever shows a certificate of that authority for clients is let in.
/// </summary>
internal static class HostCertificates
{
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    private static readonly string[] Files = ["ca-cert.pem", "server-cert.pem", "server-key.pem"];

    /// <summary>Reads them.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.PathNotFound"/> or <see cref="ErrorIds.InvalidArgument"/>.</exception>
    public static NbdTlsServerOptions Read(string directory)
    {
        if (Files.FirstOrDefault(name => !File.Exists(Path.Combine(directory, name))) is { } missing)
        {
            throw new ControlException(ErrorIds.PathNotFound, $"'{missing}' is not in '{directory}'; {string.Join(", ", Files)} are needed.", directory);
        }

        try
        {
            var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(directory, "ca-cert.pem"));
            using var server = X509Certificate2.CreateFromPemFile(Path.Combine(directory, "server-cert.pem"), Path.Combine(directory, "server-key.pem"));

            // By way of PKCS#12, since Windows' TLS takes no key that lives in memory alone.
            var usable = X509CertificateLoader.LoadPkcs12(server.Export(X509ContentType.Pkcs12), null);
            return new NbdTlsServerOptions
            {
                Certificate = SslStreamCertificateContext.Create(usable, [authority], offline: true),
                IsClientTrusted = client => HasIssued(authority, client),
            };
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"The certificates in '{directory}' can't be read: {error.Message}", directory, error);
        }
    }

    private static bool HasIssued(X509Certificate2 authority, X509Certificate2 client)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientUsage));
        return chain.Build(client);
    }
}

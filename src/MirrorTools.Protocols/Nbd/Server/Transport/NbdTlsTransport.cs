using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MirrorTools.Protocols.Nbd;

/// <summary>A connection under TLS, after STARTTLS. The client has shown a certificate that is trusted (P-9).</summary>
internal sealed class NbdTlsTransport : NbdTransport
{
    private readonly NbdTransport _inner;
    private readonly NbdBlockingStream _stream;
    private readonly SslStream _tls;

    private NbdTlsTransport(NbdTransport inner)
    {
        _inner = inner;
        _stream = new NbdBlockingStream(inner);
        _tls = new SslStream(_stream, leaveInnerStreamOpen: true);
    }

    /// <summary>Does the TLS handshake as the server.</summary>
    /// <exception cref="IOException">The client is not trusted, or broke off.</exception>
    public static NbdTlsTransport Accept(NbdTransport inner, NbdTlsServerOptions options)
    {
        var transport = new NbdTlsTransport(inner);
        try
        {
            transport._tls.AuthenticateAsServer(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = options.Certificate,
                ClientCertificateRequired = true,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                AllowRenegotiation = false,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => IsTrusted(certificate, options),
            });
            return transport;
        }
        catch (Exception exception) when (exception is AuthenticationException or InvalidOperationException)
        {
            transport._tls.Dispose();
            throw new IOException("The TLS handshake failed: the client's certificate is missing or not trusted, or the client speaks no TLS.", exception);
        }
    }

    public override int Receive(Span<byte> buffer, bool mayIdle)
    {
        _stream.MayIdle = mayIdle;
        try
        {
            return _tls.Read(buffer);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            throw new IOException("The connection was cut off.", exception);
        }
    }

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _tls.Write(bytes);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            throw new IOException("The connection was cut off.", exception);
        }
    }

    public override void Interrupt() => _inner.Interrupt();

    public override void Abort() => _inner.Abort();

    public override void Dispose()
    {
        _tls.Dispose();
        _inner.Dispose();
    }

    private static bool IsTrusted(X509Certificate? certificate, NbdTlsServerOptions options) =>
        certificate is X509Certificate2 known && options.IsClientTrusted(known);
}

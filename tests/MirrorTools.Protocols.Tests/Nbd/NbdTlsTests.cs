using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MirrorTools.Protocols.Nbd;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Protocols.Tests.Nbd;

[Rule("P-9")]
public sealed class NbdTlsTests : IAsyncLifetime
{
    private readonly TestCertificates _authority = new();
    private readonly MemoryExport _export = new("v", 8 << 20);
    private X509Certificate2 _serverCertificate = null!;
    private NbdTestServer _server = null!;

    public async Task InitializeAsync()
    {
        _serverCertificate = _authority.Issue("localhost", forServer: true);
        var tls = new NbdTlsServerOptions
        {
            Certificate = SslStreamCertificateContext.Create(_serverCertificate, null, offline: true),
            IsClientTrusted = _authority.HasIssued,
        };
        _server = await NbdTestServer.StartAsync(
            path => new NbdServerOptions { UnixSocketPath = path, TcpEndPoint = new IPEndPoint(IPAddress.Loopback, 0), Tls = tls }, _export);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _serverCertificate.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_client_of_the_authority_is_served_under_tls()
    {
        using X509Certificate2 certificate = _authority.Issue("host", forServer: false);
        await using NbdClient client = await ConnectAsync(_authority.ClientOptions(certificate));
        Assert.True(Assert.Single(_server.Server.Connections).IsTls);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async index =>
        {
            byte[] data = new byte[300 * 1024];
            new Random(index).NextBytes(data);
            byte[] read = new byte[data.Length];
            await client.WriteAsync(index * (512 * 1024), data, NbdWriteOptions.None, CancellationToken.None);
            await client.ReadAsync(index * (512 * 1024), read, CancellationToken.None);
            Assert.True(data.AsSpan().SequenceEqual(read));
        }));
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_not_served()
    {
        await Assert.ThrowsAnyAsync<IOException>(() => ConnectAsync(_authority.ClientOptions(null)));
        Assert.Empty(_export.Calls);
    }

    [Fact]
    public async Task A_client_of_another_authority_is_not_served()
    {
        using var other = new TestCertificates();
        using X509Certificate2 certificate = other.Issue("host", forServer: false);
        await Assert.ThrowsAnyAsync<IOException>(() => ConnectAsync(_authority.ClientOptions(certificate)));
        Assert.Empty(_export.Calls);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted()
    {
        using var other = new TestCertificates();
        using X509Certificate2 certificate = _authority.Issue("host", forServer: false);
        await Assert.ThrowsAnyAsync<IOException>(() => ConnectAsync(other.ClientOptions(certificate)));
    }

    [Fact]
    public async Task Tcp_in_the_clear_is_told_to_use_tls()
    {
        NbdException refused = await Assert.ThrowsAsync<NbdException>(() => ConnectAsync(null));
        Assert.Equal(NbdError.NotPermitted, refused.Error);
        await Assert.ThrowsAsync<NbdException>(() => NbdClient.ListExportsAsync(TcpAddress, new NbdClientOptions(), CancellationToken.None));
    }

    [Fact]
    public async Task The_owners_unix_socket_needs_no_tls_but_offers_it()
    {
        await using NbdClient clear = await _server.ConnectAsync("v");
        using X509Certificate2 certificate = _authority.Issue("host", forServer: false);
        await using NbdClient secret = await _server.ConnectAsync("v", new NbdClientOptions { ExportName = "v", Tls = _authority.ClientOptions(certificate) });
        byte[] data = [1, .. new byte[511]];
        await secret.WriteAsync(0, data, NbdWriteOptions.None, CancellationToken.None);
        byte[] read = new byte[512];
        await clear.ReadAsync(0, read, CancellationToken.None);
        Assert.Equal(1, read[0]);
    }

    [Fact]
    public async Task Bytes_sent_ahead_of_the_tls_handshake_end_the_connection()
    {
        using var raw = new RawNbdClient(_server.SocketPath);
        byte[] header = new byte[NbdOptionHeader.Size];
        new NbdOptionHeader(NbdProtocol.OptStartTls, 0).Write(header);
        byte[] injected = new byte[NbdOptionHeader.Size];
        new NbdOptionHeader(NbdProtocol.OptStructuredReply, 0).Write(injected);
        raw.Greet().Send([.. header, .. injected]);
        Assert.True(raw.IsClosedByServer());
    }

    [SkippableFact]
    public async Task Nbdinfo_attaches_with_a_client_certificate()
    {
        using X509Certificate2 certificate = _authority.Issue("host", forServer: false);
        _authority.WritePem(_server.Directory, certificate);
        string uri = $"nbds://127.0.0.1:{TcpAddress.Port}/v?tls-certificates={_server.Directory}";
        string output = await ExternalTool.RunAsync("nbdinfo", "--json", uri);
        Assert.Contains("\"TLS\": true", output, StringComparison.Ordinal);
        (int exitCode, _) = await ExternalTool.TryRunAsync("nbdinfo", "--json", $"nbd://127.0.0.1:{TcpAddress.Port}/v");
        Assert.NotEqual(0, exitCode);
    }

    private NbdAddress TcpAddress => NbdAddress.Tcp("127.0.0.1", _server.Server.TcpEndPoint!.Port);

    private Task<NbdClient> ConnectAsync(SslClientAuthenticationOptions? tls) =>
        NbdClient.ConnectAsync(TcpAddress, new NbdClientOptions { ExportName = "v", Tls = tls }, CancellationToken.None);
}

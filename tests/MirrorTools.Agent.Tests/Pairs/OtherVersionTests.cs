using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Trust;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>An agent whose peer was updated to a version of the link that it does not speak: what its admin is told, wherever he looks.</summary>
[Rule("F-20")]
public sealed class OtherVersionTests : IAsyncLifetime, IDisposable
{
    private const ushort Oldest = 7, Newest = 8;
    private readonly TemporaryDirectory _directory = new();
    private AgentProcess _agent = null!;

    public async Task InitializeAsync() => _agent = await AgentProcess.StartAsync(_directory["state"], "--listen", "127.0.0.1:0");

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_agent_that_is_refused_for_its_version_says_so()
    {
        var peer = await LinkAgent.StartAsync("later");
        var code = peer.Trust.CreateCode([peer.Address]).Code;
        var endPoint = peer.Host.ListenEndPoints[0];
        await _agent.Client.Trusts.JoinAsync(new JoinTrustRequest { Code = code }, default);
        await peer.Host.DisposeAsync();

        using var stop = new CancellationTokenSource();
        using var listener = new TcpListener(endPoint);
        listener.Start();
        var answering = RefuseAllAsync(listener, peer.Identity, stop.Token);
        await ToldAsync();
        var error = (await Assert.ThrowsAsync<MirrorApiException>(() => _agent.Client.Pairs.CreateAsync(
            new NewPairRequest { Name = "p", Source = _directory["a"], Target = "/d", TargetAgent = "later", SizeBytes = 1 << 20 }, default))).Error;
        Assert.Equal(ErrorIds.PeerVersionNotSupported, error.ErrorId);
        Assert.Contains("Update the older agent", error.RecommendedAction);
        Assert.False(File.Exists(_directory["a"]));
        await stop.CancelAsync();
        listener.Stop();
        await answering;
        await peer.DisposeAsync();
    }

    [Fact]
    public async Task An_agent_that_refuses_another_one_for_its_version_says_so()
    {
        await using var peer = await LinkAgent.StartAsync("later", configure: options => options.ListenEndPoints = []);
        var code = await _agent.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), default);
        await peer.Trust.JoinAsync(code.Code, [], default).InTime();
        await peer.Host.DisposeAsync();

        using var client = new TcpClient();
        await client.ConnectAsync(IPEndPoint.Parse(code.Address));
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(LinkTls.Client(peer.Identity, LinkTls.LinkName, _ => true));
        await stream.WriteAsync(Frame(LinkFrameType.Hello, bytes => new HelloFrame(Oldest, Newest, LinkFeatures.None, peer.Id, 1 << 20, "9.0").Write(bytes)));
        await ToldAsync();
    }

    // In the list of trusted agents, and once in the events.
    private async Task ToldAsync()
    {
        TrustInfo trust = new();
        await Eventually.TrueAsync(async () => (trust = (await _agent.Client.Trusts.ListAsync(default)).Single()).LastErrorId == ErrorIds.PeerVersionNotSupported, "the version is told");
        Assert.Contains($"{Oldest} to {Newest}", trust.LastError);
        Assert.False(trust.Connected);
        var told = (await _agent.Client.Events.ListAsync(0, 1000, default)).Items.Where(item => item.Name == "LinkBarred").ToList();
        Assert.Contains("update the older agent", Assert.Single(told).Message);
        Assert.Contains("later", told[0].Message);
    }

    private static async Task RefuseAllAsync(TcpListener listener, AgentIdentity identity, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(cancel);
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(LinkTls.Server(identity, _ => true), cancel);
                await stream.ReadAtLeastAsync(new byte[LinkFrameHeader.SizeBytes], LinkFrameHeader.SizeBytes, cancellationToken: cancel);
                await stream.WriteAsync(Frame(LinkFrameType.Refuse, bytes => new RefuseFrame(RefuseReason.VersionMismatch, Oldest, Newest, "another version").Write(bytes)), cancel);
                await stream.ReadAtLeastAsync(new byte[4096], 4096, throwOnEndOfStream: false, cancel);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static byte[] Frame(LinkFrameType type, Func<byte[], int> write)
    {
        var payload = new byte[1024];
        var length = write(payload);
        var frame = new byte[LinkFrameHeader.SizeBytes + length];
        payload.AsSpan(0, length).CopyTo(frame.AsSpan(LinkFrameHeader.SizeBytes));
        new LinkFrameHeader(type, LinkFrameFlags.None, 0, length, 0, Crc32C.Compute(payload.AsSpan(0, length))).Write(frame);
        return frame;
    }
}

using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Link;

/// <summary>What the listener does to those it does not know: a closed connection, a count, and service for those it knows.</summary>
[Rule("P-9")]
public sealed class LinkListenerTests
{
    [Fact]
    public async Task Garbage_is_closed_and_counted()
    {
        await using var agent = await LinkAgent.StartAsync("a");
        var random = new Random(3);
        for (int i = 0; i < 20; i++)
        {
            using var client = await ConnectAsync(agent);
            var garbage = new byte[random.Next(1, 3000)];
            random.NextBytes(garbage);
            if (i % 2 == 0)
            {
                // The start of a TLS record, so that it gets a little further.
                new byte[] { 22, 3, 1, (byte)random.Next(64), (byte)random.Next(256), 1 }.AsSpan(0, Math.Min(6, garbage.Length)).CopyTo(garbage);
            }

            await client.SendAsync(garbage);
            client.Shutdown(SocketShutdown.Send);
            await AssertClosed(client);
        }

        await Eventually.TrueAsync(() => Task.FromResult(agent.Host.Counters.FailedHandshakes == 20), "all were counted");
        await AssertServes(agent);
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_closed()
    {
        await using var agent = await LinkAgent.StartAsync("a");
        agent.Trust.CreateCode([agent.Address]);
        foreach (var name in new[] { LinkTls.LinkName, LinkTls.PairingName, "example.org" })
        {
            await AssertRefused(agent, new SslClientAuthenticationOptions { TargetHost = name, RemoteCertificateValidationCallback = (_, _, _, _) => true });
        }

        Assert.Equal(3, agent.Host.Counters.FailedHandshakes);
    }

    [Fact]
    public async Task A_client_with_a_strangers_certificate_is_closed()
    {
        await using var agent = await LinkAgent.StartAsync("a");
        await using var stranger = await LinkAgent.StartAsync("s");
        agent.Trust.CreateCode([agent.Address]);
        await AssertRefused(agent, LinkTls.Client(stranger.Identity, LinkTls.LinkName, _ => true));
        await AssertRefused(agent, LinkTls.Client(stranger.Identity, "example.org", _ => true));
        Assert.Equal(2, agent.Host.Counters.UnknownKeys);
    }

    [Fact]
    public async Task TLS_older_than_1_2_is_closed()
    {
        await using var agent = await LinkAgent.StartAsync("a");
        await using var peer = await LinkAgent.StartAsync("p");
        await peer.PairAsync(agent);
        var options = LinkTls.Client(peer.Identity, LinkTls.LinkName, _ => true);
#pragma warning disable SYSLIB0039, CA5397 // What is tested is that the old version is refused.
        options.EnabledSslProtocols = SslProtocols.Tls11;
#pragma warning restore SYSLIB0039, CA5397
        options.CipherSuitesPolicy = null;
        await AssertRefused(agent, options);

        // A client whose library does not know TLS 1.1 any more would fail by itself: so also by hand, a hello that offers no more than TLS 1.1.
        using var client = await ConnectAsync(agent);
        await client.SendAsync(Convert.FromHexString(
            "16030100" + "35" + "01000031" + "0302" + new string('7', 64) + "00" + "0004" + "C013" + "0035" + "0100" + "0004" + "00170000"));
        await AssertClosed(client);
        await Eventually.TrueAsync(() => Task.FromResult(agent.Host.Counters.FailedHandshakes > 0), "it was counted");
        await AssertServes(agent);
    }

    [Fact]
    public async Task A_pairing_connection_can_do_nothing_but_pair()
    {
        await using var agent = await LinkAgent.StartAsync("a");
        await using var stranger = await LinkAgent.StartAsync("s");
        agent.Trust.CreateCode([agent.Address]);
        using var client = await ConnectAsync(agent);
        await using var stream = new SslStream(new NetworkStream(client));
        await stream.AuthenticateAsClientAsync(LinkTls.Client(stranger.Identity, LinkTls.PairingName, _ => true));
        var hello = new byte[256];
        int length = new HelloFrame(1, 1, LinkFeatures.None, stranger.Id, 1 << 20, "x").Write(hello.AsSpan(LinkFrameHeader.SizeBytes));
        uint crc = Engine.Journal.Crc32C.Compute(hello.AsSpan(LinkFrameHeader.SizeBytes, length));
        new LinkFrameHeader(LinkFrameType.Hello, LinkFrameFlags.None, 0, length, 0, crc).Write(hello);
        await stream.WriteAsync(hello.AsMemory(0, LinkFrameHeader.SizeBytes + length));
        await AssertEnds(stream);
        Assert.Empty(agent.Host.Peers.List());
    }

    [Fact]
    public async Task A_peer_that_says_it_is_another_agent_is_closed()
    {
        await using var agent = await LinkAgent.StartAsync("a");
        await using var peer = await LinkAgent.StartAsync("p", configure: options => options.ListenEndPoints = []);
        await using var other = await LinkAgent.StartAsync("o");
        await other.PairAsync(agent);

        // The same key under another id in the agent's store, as if the peer had lied about who it is.
        agent.Store.Add(new TrustedPeer(Guid.NewGuid(), "somebody else", peer.Identity.Fingerprint, [], DateTimeOffset.UnixEpoch));
        peer.Store.Add(new TrustedPeer(agent.Id, "a", agent.Identity.Fingerprint, [agent.Address], DateTimeOffset.UnixEpoch));
        await Eventually.TrueAsync(
            () => Task.FromResult(peer.Host.Peers.List().Single().LastError?.Contains(peer.Id.ToString(), StringComparison.Ordinal) == true),
            "the peer was refused for its id");
        Assert.Null(agent.Host.Peers.Find(peer.Id));
    }

    [Fact]
    public async Task Those_who_say_nothing_are_closed_at_the_deadline_and_bounded_until_then()
    {
        var time = new ManualTime();
        await using var agent = await LinkAgent.StartAsync("a", time);
        var silent = new List<Socket>();
        for (int i = 0; i < 40; i++)
        {
            silent.Add(await ConnectAsync(agent));
        }

        await Eventually.TrueAsync(() => Task.FromResult(agent.Host.Counters.TurnedAway == 8), "eight were turned away at once");
        await Eventually.TrueAsync(() => Task.FromResult(agent.Host.Counters.Accepted == 40), "all were taken");
        time.Advance(TimeSpan.FromSeconds(11));
        foreach (var client in silent)
        {
            await AssertClosed(client);
            client.Dispose();
        }

        Assert.Equal(32, agent.Host.Counters.FailedHandshakes);
    }

    private static async Task<Socket> ConnectAsync(LinkAgent agent)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(agent.Host.ListenEndPoints[0]);
        return socket;
    }

    private static async Task AssertRefused(LinkAgent agent, SslClientAuthenticationOptions options)
    {
        using var client = await ConnectAsync(agent);
        await using var stream = new SslStream(new NetworkStream(client));
        try
        {
            // With TLS 1.3 the client is done before the server has judged it, and hears at its first read.
            await stream.AuthenticateAsClientAsync(options);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return;
        }

        await AssertEnds(stream);
    }

    private static async Task AssertEnds(SslStream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1], deadline.Token));
        }
        catch (IOException)
        {
            // Closed with a reset or an alert.
        }
    }

    private static async Task AssertClosed(Socket client)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            // An alert of TLS may come first.
            var buffer = new byte[64];
            while (await client.ReceiveAsync(buffer, deadline.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Closed with a reset.
        }
    }

    private static async Task AssertServes(LinkAgent agent)
    {
        await using var peer = await LinkAgent.StartAsync("peer");
        await peer.PairAsync(agent);
        await agent.Host.Peers.WaitAsync(peer.Id, default).InTime();
    }
}

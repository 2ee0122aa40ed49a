using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Engine.Link;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Link;

public sealed class LinkHostTests
{
    private static readonly Guid Pair = Guid.NewGuid();

    [Fact]
    public async Task Agents_that_both_connect_keep_one_session_and_both_the_same()
    {
        for (int round = 0; round < 5; round++)
        {
            await using var a = await LinkAgent.StartAsync("a");
            await using var b = await LinkAgent.StartAsync("b");
            await a.PairAsync(b);
            await SameSession(a, b);
            await Task.Delay(50);
            var (sessionA, sessionB) = await SameSession(a, b);
            Assert.Null(sessionA.Failure);
            Assert.Null(sessionB.Failure);
        }
    }

    [Fact]
    public async Task Requests_and_messages_go_over_TLS()
    {
        var accepted = new TaskCompletionSource<(Guid Peer, IPeerChannel Channel)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b", configure: options =>
        {
            options.RequestHandlers["echo"] = (request, _) => new ValueTask<ReadOnlyMemory<byte>>(request.Json.ToArray());
            options.AcceptChannel = (peer, _, channel) =>
            {
                accepted.TrySetResult((peer, channel));
                return new ValueTask<bool>(true);
            };
        });
        await a.PairAsync(b, otherMayConnect: false);
        var session = await a.Host.Peers.WaitAsync(b.Id, default).InTime();
        Assert.Equal("{}"u8.ToArray(), (await session.RequestAsync("echo", "{}"u8.ToArray(), TimeSpan.FromSeconds(30), default)).ToArray());
        await using var channel = await session.OpenChannelAsync(Pair, default);
        var (peer, other) = await accepted.Task.InTime();
        Assert.Equal((a.Id, Pair), (peer, other.PairId));

        var random = new Random(7);
        var payloads = Enumerable.Range(0, 200).Select(_ => new byte[random.Next(4) switch { 0 => 0, 1 => random.Next(5000), 2 => 65536, _ => random.Next(1 << 20) }]).ToList();
        payloads.ForEach(random.NextBytes);
        var sending = Task.Run(async () =>
        {
            foreach (var payload in payloads)
            {
                await channel.SendAsync(new PeerMessage { GrainCount = payload.Length }, payload, default).AsTask().InTime();
            }
        });
        foreach (var payload in payloads)
        {
            using var message = await other.ReceiveAsync(default).AsTask().InTime();
            Assert.Equal(payload.Length, message.Message.GrainCount);
            Assert.True(message.Payload.Span.SequenceEqual(payload));
        }

        await sending.InTime();
        await Eventually.TrueAsync(() => Task.FromResult(session.RoundTrip is not null), "a round trip was measured");
        Assert.InRange(session.ClockSkew!.Value.TotalSeconds, -1, 1);
    }

    [Fact]
    [Rule("P-9")]
    public async Task Removing_a_trust_cuts_its_session_at_once_and_for_good()
    {
        await using var a = await LinkAgent.StartAsync("a");
        await using var b = await LinkAgent.StartAsync("b");
        await a.PairAsync(b);
        var (sessionA, sessionB) = await SameSession(a, b);
        b.Trust.Remove(a.Id);
        Assert.NotNull(sessionB.Failure);
        await sessionA.Completion.InTime();
        Assert.Null(b.Host.Peers.Find(a.Id));
        await Eventually.TrueAsync(() => Task.FromResult(b.Host.Counters.UnknownKeys > 0), "the peer came back and was refused");
        Assert.Null(b.Host.Peers.Find(a.Id));
        await Eventually.TrueAsync(
            () => Task.FromResult(a.Host.Peers.List().Single().LastError?.Contains("does not trust", StringComparison.Ordinal) == true), "the peer was told");
    }

    [Fact]
    public async Task A_session_cut_in_the_middle_of_a_frame_is_told_to_all_and_another_takes_its_place()
    {
        await using var a = await LinkAgent.StartAsync("a");
        var channels = new List<IPeerChannel>();
        await using var b = await LinkAgent.StartAsync("b", configure: options => options.AcceptChannel = (_, _, channel) =>
        {
            channels.Add(channel);
            return new ValueTask<bool>(true);
        });
        await using var wire = new CuttingProxy(b.Host.ListenEndPoints[0]);
        var events = new List<string>();
        b.Host.Peers.SessionStarted += session => Note(events, $"started {session.SessionId}");
        b.Host.Peers.SessionEnded += session => Note(events, $"ended {session.SessionId}");
        await a.Trust.JoinAsync(b.Trust.CreateCode([wire.Address]).Code, [], default);
        var first = await a.Host.Peers.WaitAsync(b.Id, default).InTime();
        await using var channel = await first.OpenChannelAsync(Pair, default);
        wire.CutAfter(2_500_000);
        var failure = await Assert.ThrowsAsync<LinkClosedException>(async () =>
        {
            while (true)
            {
                await channel.SendAsync(default, new byte[1 << 20], default).AsTask().InTime();
            }
        });
        Assert.Equal(LinkCloseReason.Cut, failure.Reason);
        await channel.Closed.InTime();

        // The other end got whole messages at most (a reset takes back what it had not read yet), then the news.
        int received = 0;
        await Assert.ThrowsAsync<LinkClosedException>(async () =>
        {
            while (true)
            {
                using var message = await channels[0].ReceiveAsync(default).AsTask().InTime();
                Assert.Equal(1 << 20, message.Payload.Length);
                received++;
            }
        });
        Assert.InRange(received, 0, 2);

        await first.Completion.InTime();
        var second = await a.Host.Peers.WaitAsync(b.Id, default).InTime();
        Assert.NotEqual(first.SessionId, second.SessionId);
        await b.Host.Peers.WaitAsync(a.Id, default).InTime();
        await Eventually.TrueAsync(() => Task.FromResult(events.Count >= 3), "three events");
        Assert.Equal([$"started {first.SessionId}", $"ended {first.SessionId}", $"started {second.SessionId}"], events);
    }

    [Fact]
    public async Task A_peer_that_starts_later_is_connected_when_it_is_there()
    {
        using var directory = new TemporaryDirectory();
        await using var a = await LinkAgent.StartAsync("a");
        string address;
        Guid id;
        await using (var b = await LinkAgent.StartAsync("b", directory: directory.Path))
        {
            (address, id) = (b.Address, b.Id);
            await a.PairAsync(b, otherMayConnect: false);
            await a.Host.Peers.WaitAsync(id, default).InTime();
        }

        await Eventually.TrueAsync(() => Task.FromResult(a.Host.Peers.List().Single() is { Session: null, LastError: not null }), "the link is down");
        await using var again = await LinkAgent.StartAsync(
            "b", configure: options => options.ListenEndPoints = [System.Net.IPEndPoint.Parse(address)], directory: directory.Path);
        Assert.Equal(id, (await a.Host.Peers.WaitAsync(id, default).InTime()).PeerAgentId);
    }

    [Fact]
    public async Task A_host_stops_at_any_instant()
    {
        var random = new Random(11);
        for (int round = 0; round < 12; round++)
        {
            var a = await LinkAgent.StartAsync("a");
            var b = await LinkAgent.StartAsync("b");
            await a.PairAsync(b);
            await Task.Delay(random.Next(30));
            var stopping = Task.WhenAll(a.DisposeAsync().AsTask(), b.DisposeAsync().AsTask());
            await stopping.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    // A session that was shaking hands when its host stopped used to come in afterwards, and its peer took the link for one that stands.
    [Fact]
    public async Task No_session_outlives_the_stop_of_its_host()
    {
        await using var a = await LinkAgent.StartAsync("a");
        using var directory = new TemporaryDirectory();
        Guid id;
        await using (var b = await LinkAgent.StartAsync("b", directory: directory.Path))
        {
            await a.PairAsync(b, otherMayConnect: false);
            id = b.Id;
        }

        await Eventually.TrueAsync(() => Task.FromResult(a.Host.Peers.Find(id) is null), "no session is left");
        for (int round = 0; round < 4; round++)
        {
            await using (var b = await LinkAgent.StartAsync("b", configure: options => options.ListenEndPoints = [PortOf(a, id)], directory: directory.Path))
            {
                await a.Host.Peers.WaitAsync(id, default).InTime();
            }

            await Eventually.TrueAsync(() => Task.FromResult(a.Host.Peers.Find(id) is null), "no session is left");
        }
    }

    private static System.Net.IPEndPoint PortOf(LinkAgent agent, Guid peer) => System.Net.IPEndPoint.Parse(agent.Store.Find(peer)!.Addresses[0]);

    private static async Task<(LinkSession A, LinkSession B)> SameSession(LinkAgent a, LinkAgent b)
    {
        LinkSession? sessionA = null;
        LinkSession? sessionB = null;
        await Eventually.TrueAsync(
            async () =>
            {
                sessionA = await a.Host.Peers.WaitAsync(b.Id, default).InTime();
                sessionB = await b.Host.Peers.WaitAsync(a.Id, default).InTime();
                return sessionA.SessionId == sessionB.SessionId;
            },
            "both ends have the same session");
        return (sessionA!, sessionB!);
    }

    private static void Note(List<string> events, string text)
    {
        lock (events)
        {
            events.Add(text);
        }
    }
}

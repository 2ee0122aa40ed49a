using MirrorTools.Engine.Link;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

public sealed class LinkSessionTests
{
    [Fact]
    public void Both_ends_agree_on_the_session_and_know_each_other() => LinkRig.EverySeed(20, async rig =>
    {
        var (a, b) = await rig.StartAsync();
        Assert.Equal(a.SessionId, b.SessionId);
        Assert.Equal((LinkRig.AgentB, LinkRig.AgentA), (a.PeerAgentId, b.PeerAgentId));
        Assert.Equal(("1.0-b", "1.0-a"), (a.PeerSoftwareVersion, b.PeerSoftwareVersion));
        Assert.Equal((1, 1), (a.Version, b.Version));
    });

    [Theory]
    [InlineData(1, 1, 1, 2, 1)]
    [InlineData(2, 3, 1, 2, 2)]
    [InlineData(1, 2, 2, 3, 2)]
    [InlineData(2, 3, 2, 3, 3)]
    public void Neighbouring_versions_meet_at_the_newest_both_speak(int oldestA, int newestA, int oldestB, int newestB, int meet) =>
        LinkRig.Run(1, async rig =>
        {
            var (a, b) = await rig.StartAsync(
                o => o with { OldestVersion = (ushort)oldestA, NewestVersion = (ushort)newestA },
                o => o with { OldestVersion = (ushort)oldestB, NewestVersion = (ushort)newestB });
            Assert.Equal((meet, meet), (a.Version, b.Version));
        });

    [Fact]
    public void Versions_too_far_apart_are_refused_and_both_ends_name_both() => LinkRig.EverySeed(5, async rig =>
    {
        var (a, b) = await rig.ConnectAsync();
        var startA = rig.StartAsync(rig.A, a, LinkRig.Options(rig.A, true) with { OldestVersion = 3, NewestVersion = 4 });
        var startB = rig.StartAsync(rig.B, b, LinkRig.Options(rig.B, false) with { OldestVersion = 1, NewestVersion = 2 });
        foreach (var start in new[] { startA, startB })
        {
            var e = await Assert.ThrowsAsync<LinkClosedException>(() => start);
            Assert.Equal(LinkCloseReason.VersionMismatch, e.Reason);
            Assert.False(e.IsTransient);
            Assert.Contains("3 to 4", e.Message, StringComparison.Ordinal);
            Assert.Contains("1 to 2", e.Message, StringComparison.Ordinal);
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Another_agent_than_expected_is_refused(bool acceptorChecks) => LinkRig.Run(1, async rig =>
    {
        var stranger = Guid.Parse("cccccccc-0000-4000-8000-00000000000c");
        var (a, b) = await rig.ConnectAsync();
        var startA = rig.StartAsync(rig.A, a, LinkRig.Options(rig.A, true) with { ExpectedPeerAgentId = acceptorChecks ? null : stranger });
        var startB = rig.StartAsync(rig.B, b, LinkRig.Options(rig.B, false) with { ExpectedPeerAgentId = acceptorChecks ? stranger : null });
        var e = await Assert.ThrowsAsync<LinkClosedException>(() => startA);
        Assert.Equal(LinkCloseReason.WrongPeer, e.Reason);
        if (acceptorChecks)
        {
            Assert.Equal(LinkCloseReason.WrongPeer, (await Assert.ThrowsAsync<LinkClosedException>(() => startB)).Reason);
        }
    });

    [Fact]
    public void A_peer_that_says_nothing_ends_the_handshake_at_its_deadline() => LinkRig.Run(1, async rig =>
    {
        var (_, b) = await rig.ConnectAsync();
        var before = rig.Scheduler.Now;
        var e = await Assert.ThrowsAsync<LinkClosedException>(() => rig.StartAsync(rig.B, b, LinkRig.Options(rig.B, false)));
        Assert.Equal(LinkCloseReason.HandshakeTimeout, e.Reason);
        Assert.Equal(TimeSpan.FromSeconds(10), rig.Scheduler.Now - before);
    });

    [Fact]
    public void Closing_says_goodbye_and_both_ends_complete() => LinkRig.EverySeed(20, async rig =>
    {
        var linked = await rig.OpenAsync();
        await linked.A.SendAsync(new PeerMessage { Kind = 9 }, new byte[100], default);
        await rig.A.InvokeAsync(async () =>
        {
            await linked.SessionA.DisposeAsync();
            return true;
        });
        await linked.SessionB.Completion;
        Assert.Equal(LinkCloseReason.LocalClosed, linked.SessionA.Failure?.Reason);
        Assert.Equal(LinkCloseReason.PeerClosed, linked.SessionB.Failure?.Reason);

        // What was sent before the goodbye is still there.
        using (var message = await linked.B.ReceiveAsync(default))
        {
            Assert.Equal(9, message.Message.Kind);
        }

        var e = await Assert.ThrowsAsync<LinkClosedException>(async () => await linked.B.ReceiveAsync(default));
        Assert.Equal(LinkCloseReason.PeerClosed, e.Reason);
        await Assert.ThrowsAsync<LinkClosedException>(() => linked.SessionA.OpenChannelAsync(LinkRig.Pair, default));
    });

    [Fact]
    public void A_silent_link_is_cut_at_the_keep_alive_deadline_at_both_ends() => LinkRig.EverySeed(10, async rig =>
    {
        var linked = await rig.OpenAsync();
        await Task.Delay(TimeSpan.FromMinutes(10), rig.Scheduler.World.Time);
        Assert.Null(linked.SessionA.Failure);
        var parted = rig.Scheduler.Now;
        rig.Network.Partition("site1", "site2");
        foreach (var session in new[] { linked.SessionA, linked.SessionB })
        {
            await session.Completion;
            Assert.Equal(LinkCloseReason.KeepAliveExpired, session.Failure?.Reason);
            Assert.InRange((rig.Scheduler.Now - parted).TotalSeconds, 14, 21);
        }
    });

    [Fact]
    public void A_peer_whose_clock_differs_is_measured() => LinkRig.Run(1, async rig =>
    {
        // The peer's clock is an hour ahead: a time provider over the simulated one.
        var (a, b) = await rig.ConnectAsync();
        var ahead = new ShiftedTime(rig.B.Time, TimeSpan.FromHours(1));
        var startA = rig.StartAsync(rig.A, a, LinkRig.Options(rig.A, true));
        _ = await rig.B.InvokeAsync(() => LinkSession.StartAsync(
            b, LinkRig.Options(rig.B, false), ahead, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, default));
        var session = await startA;
        await Task.Delay(TimeSpan.FromMinutes(1), rig.Scheduler.World.Time);
        Assert.InRange(session.RoundTrip!.Value.TotalMilliseconds, 0.6, 5);
        Assert.InRange((session.ClockSkew!.Value - TimeSpan.FromHours(1)).TotalMilliseconds, -3, 3);
    });

    private sealed class ShiftedTime(TimeProvider inner, TimeSpan shift) : TimeProvider
    {
        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + shift;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}

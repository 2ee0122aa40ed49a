using MirrorTools.Engine.Link;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>How channels are opened, refused and closed; the session stands through all of it.</summary>
public sealed class LinkChannelLifeTests
{
    [Fact]
    public void Closing_a_channel_delivers_what_has_its_credit_and_leaves_the_session_alone() => LinkRig.EverySeed(20, async rig =>
    {
        var linked = await rig.OpenAsync();
        await rig.A.InvokeAsync(async () =>
        {
            for (int i = 0; i < 5; i++)
            {
                _ = linked.A.SendAsync(new PeerMessage { FirstGrain = i }, new byte[40_000], default);
            }

            await linked.A.DisposeAsync();
            return true;
        });
        for (int i = 0; i < 5; i++)
        {
            using var message = await linked.B.ReceiveAsync(default);
            Assert.Equal(i, message.Message.FirstGrain);
        }

        var e = await Assert.ThrowsAsync<LinkClosedException>(async () => await linked.B.ReceiveAsync(default));
        Assert.Equal(LinkCloseReason.PeerClosed, e.Reason);
        await linked.B.Closed;
        await linked.A.Closed;
        Assert.Null(linked.SessionA.Failure);

        var again = await rig.A.InvokeAsync(() => linked.SessionA.OpenChannelAsync(LinkRig.Pair, default));
        Assert.Equal(LinkRig.Pair, again.PairId);
    });

    [Fact]
    public void Both_ends_may_close_at_once_under_load() => LinkRig.EverySeed(40, async rig =>
    {
        var linked = await rig.OpenAsync();
        var floodA = rig.A.InvokeAsync(async () => await Record.ExceptionAsync(() => LinkTraffic.SendManyAsync(linked.A, rig, count: 300)));
        var floodB = rig.B.InvokeAsync(async () => await Record.ExceptionAsync(() => LinkTraffic.SendManyAsync(linked.B, rig, count: 300)));
        foreach (var (process, channel) in new[] { (rig.A, linked.A), (rig.B, linked.B) })
        {
            rig.Scheduler.Schedule(
                rig.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(5)), () => _ = channel.DisposeAsync(), "close", process);
        }

        Assert.IsType<LinkClosedException>(await floodA);
        Assert.IsType<LinkClosedException>(await floodB);
        await Task.Delay(TimeSpan.FromMinutes(1), rig.Scheduler.World.Time);
        Assert.Null(linked.SessionA.Failure);
        Assert.Null(linked.SessionB.Failure);
    });

    [Fact]
    public void A_refused_channel_says_so_and_a_failing_acceptor_refuses() => LinkRig.EverySeed(5, async rig =>
    {
        var (a, b) = await rig.StartAsync(
            configureA: o => o with { AcceptChannel = (_, _) => throw new InvalidOperationException("broken acceptor") });
        foreach (var (process, session) in new[] { (rig.A, a), (rig.B, b) })
        {
            var e = await Assert.ThrowsAsync<LinkClosedException>(() => process.InvokeAsync(() => session.OpenChannelAsync(LinkRig.Pair, default)));
            Assert.Equal(LinkCloseReason.Refused, e.Reason);
        }

        Assert.Null(a.Failure);
    });

    [Fact]
    public void Channels_are_bounded() => LinkRig.Run(1, async rig =>
    {
        var linked = await rig.OpenAsync(o => o with { MaxChannels = 100 }, o => o with { MaxChannels = 2 });
        await rig.A.InvokeAsync(() => linked.SessionA.OpenChannelAsync(LinkRig.Pair, default));
        var e = await Assert.ThrowsAsync<LinkClosedException>(() => rig.A.InvokeAsync(() => linked.SessionA.OpenChannelAsync(LinkRig.Pair, default)));
        Assert.Equal(LinkCloseReason.Refused, e.Reason);
    });

    [Fact]
    public void An_opening_given_up_is_closed_when_the_reply_comes() => LinkRig.EverySeed(20, async rig =>
    {
        var accepted = new List<IPeerChannel>();
        var (a, b) = await rig.StartAsync(configureB: o => o with
        {
            AcceptChannel = async (_, channel) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(2), rig.B.Time);
                accepted.Add(channel);
                return true;
            },
        });
        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(1), rig.A.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.A.InvokeAsync(() => a.OpenChannelAsync(LinkRig.Pair, cancel.Token)));
        await Task.Delay(TimeSpan.FromSeconds(3), rig.Scheduler.World.Time);
        await accepted.Single().Closed;
        Assert.Null(a.Failure);
        Assert.Null(b.Failure);
    });
}

using MirrorTools.Engine.Link;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>A sender waits for the room that the receiver has granted, and nobody else does.</summary>
public sealed class LinkCreditTests
{
    [Fact]
    public void A_sender_waits_for_credit_in_bytes_and_goes_on_when_messages_are_released() => LinkRig.EverySeed(10, async rig =>
    {
        var linked = await rig.OpenAsync(configureB: o => o with { ChannelCreditBytes = 256 << 10, MaxFrameBytes = 128 << 10 });
        var sends = await rig.A.InvokeAsync(() => Task.FromResult(
            Enumerable.Range(0, 6).Select(_ => linked.A.SendAsync(default, new byte[64 << 10], default).AsTask()).ToArray()));
        await Task.Delay(TimeSpan.FromSeconds(2), rig.Scheduler.World.Time);
        Assert.Equal([true, true, true, true, false, false], sends.Select(s => s.IsCompletedSuccessfully));
        (await linked.B.ReceiveAsync(default)).Dispose();
        foreach (var send in sends[4..5])
        {
            await send;
        }

        Assert.False(sends[5].IsCompleted);
    });

    [Fact]
    public void A_sender_waits_for_credit_in_messages_too() => LinkRig.EverySeed(10, async rig =>
    {
        var linked = await rig.OpenAsync(configureB: o => o with { ChannelCreditMessages = 8 });
        var sends = await rig.A.InvokeAsync(() => Task.FromResult(
            Enumerable.Range(0, 9).Select(_ => linked.A.SendAsync(default, default, default).AsTask()).ToArray()));
        await Task.Delay(TimeSpan.FromSeconds(1), rig.Scheduler.World.Time);
        Assert.False(sends[8].IsCompleted);
        (await linked.B.ReceiveAsync(default)).Dispose();
        (await linked.B.ReceiveAsync(default)).Dispose();
        await sends[8];
    });

    [Fact]
    public void A_stalled_pair_does_not_hold_another_pair_or_the_keep_alive_up() => LinkRig.EverySeed(10, async rig =>
    {
        var accepted = new Dictionary<Guid, IPeerChannel>();
        var (a, b) = await rig.StartAsync(configureB: o => o with
        {
            AcceptChannel = (pair, channel) =>
            {
                accepted[pair] = channel;
                return new ValueTask<bool>(true);
            },
        });
        var other = Guid.Parse("22222222-0000-4000-8000-000000000002");
        var stalled = await rig.A.InvokeAsync(() => a.OpenChannelAsync(LinkRig.Pair, default));
        var moving = await rig.A.InvokeAsync(() => a.OpenChannelAsync(other, default));
        var flood = rig.A.InvokeAsync(async () => await Record.ExceptionAsync(() => LinkTraffic.SendManyAsync(stalled, rig, count: 500)));
        for (int i = 0; i < 30; i++)
        {
            await moving.SendAsync(new PeerMessage { FirstGrain = i }, new byte[50_000], default);
            using var message = await accepted[other].ReceiveAsync(default);
            Assert.Equal(i, message.Message.FirstGrain);
        }

        await Task.Delay(TimeSpan.FromMinutes(5), rig.Scheduler.World.Time);
        Assert.False(flood.IsCompleted);
        Assert.Null(a.Failure);
        Assert.Null(b.Failure);
    });

    [Fact]
    public void A_message_disposed_twice_gives_its_room_back_once() => LinkRig.Run(1, async rig =>
    {
        var linked = await rig.OpenAsync(configureB: o => o with { ChannelCreditMessages = 4 });
        for (int i = 0; i < 50; i++)
        {
            await linked.A.SendAsync(default, new byte[10], default);
            var message = await linked.B.ReceiveAsync(default);
            message.Dispose();
            message.Dispose();
        }

        await Task.Delay(TimeSpan.FromSeconds(1), rig.Scheduler.World.Time);
        Assert.Null(linked.SessionA.Failure);
    });
}

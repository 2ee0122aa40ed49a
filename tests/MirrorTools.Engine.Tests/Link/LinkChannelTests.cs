using MirrorTools.Engine.Link;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

public sealed class LinkChannelTests
{
    private static readonly int[] Lengths = [0, 0, 1, 511, 4096, 4097, 65536, 65537, 98304, 98305, 300_000, 1 << 20];

    [Fact]
    public void Messages_arrive_in_order_exactly_once_whatever_their_sizes() => LinkRig.EverySeed(15, async rig =>
    {
        var linked = await rig.OpenAsync();
        var sent = rig.A.InvokeAsync(() => SendManyAsync(linked.A, rig, count: 60));
        for (int i = 0; i < 60; i++)
        {
            using var message = await linked.B.ReceiveAsync(default);
            Assert.Equal(i, message.Message.FirstGrain);
            AssertPayload(i, message);
        }

        await sent;
    });

    [Fact]
    public void After_a_cut_at_any_byte_what_arrived_is_a_prefix_and_everyone_is_told()
    {
        var prefixes = new HashSet<int>();
        LinkRig.EverySeed(30, async rig =>
        {
            var linked = await rig.OpenAsync();
            var sent = rig.A.InvokeAsync(async () => await Record.ExceptionAsync(() => SendManyAsync(linked.A, rig, count: 200)));
            rig.Scheduler.Schedule(rig.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(100)), () => rig.Network.Cut("site1", "site2"), "cut");
            int received = 0;
            var failure = await Assert.ThrowsAsync<LinkClosedException>(async () =>
            {
                while (true)
                {
                    using var message = await linked.B.ReceiveAsync(default);
                    Assert.Equal(received, message.Message.FirstGrain);
                    AssertPayload(received, message);
                    received++;
                }
            });
            Assert.Equal(LinkCloseReason.Cut, failure.Reason);

            // The last sends may have left before the cut and got lost on the way.
            Assert.True(await sent is null or LinkClosedException);
            await linked.A.Closed;
            await linked.B.Closed;
            await linked.SessionA.Completion;
            await linked.SessionB.Completion;
            prefixes.Add(received);
        });
        Assert.True(prefixes.Count > 10, $"{prefixes.Count} different prefixes");
    }

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
        var flood = rig.A.InvokeAsync(async () => await Record.ExceptionAsync(() => SendManyAsync(stalled, rig, count: 500)));
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
    public void A_cancelled_send_is_taken_back_or_wholly_sent_and_the_order_stands() => LinkRig.EverySeed(30, async rig =>
    {
        var linked = await rig.OpenAsync(configureB: o => o with { ChannelCreditBytes = 256 << 10, MaxFrameBytes = 128 << 10 });
        using var cancel = new CancellationTokenSource();
        var sends = await rig.A.InvokeAsync(() => Task.FromResult(Enumerable.Range(0, 20).Select(i => linked.A.SendAsync(
            new PeerMessage { FirstGrain = i }, new byte[50_000], i % 3 == 1 ? cancel.Token : default).AsTask()).ToArray()));
        await Task.Delay(rig.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(3)), rig.Scheduler.World.Time);
        cancel.Cancel();
        var received = new List<long>();
        int expected = 0;
        do
        {
            using var message = await linked.B.ReceiveAsync(default);
            received.Add(message.Message.FirstGrain);
            expected = sends.Count(s => !s.IsCanceled);
        }
        while (received.Count < expected);
        Assert.Equal(Enumerable.Range(0, 20).Where(i => !sends[i].IsCanceled).Select(i => (long)i), received);
        Assert.DoesNotContain(sends, s => s.IsFaulted);
    });

    [Fact]
    public void A_cancelled_receive_loses_no_message() => LinkRig.EverySeed(20, async rig =>
    {
        var linked = await rig.OpenAsync();
        var sent = rig.A.InvokeAsync(() => SendManyAsync(linked.A, rig, count: 40));
        int received = 0;
        while (received < 40)
        {
            using var impatient = new CancellationTokenSource(TimeSpan.FromMicroseconds(200), rig.Scheduler.World.Time);
            try
            {
                using var message = await linked.B.ReceiveAsync(impatient.Token);
                Assert.Equal(received++, message.Message.FirstGrain);
            }
            catch (OperationCanceledException)
            {
                // Tries again: the message, if it was on its way, must come to the next receive.
            }
        }

        await sent;
    });

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
        var floodA = rig.A.InvokeAsync(async () => await Record.ExceptionAsync(() => SendManyAsync(linked.A, rig, count: 300)));
        var floodB = rig.B.InvokeAsync(async () => await Record.ExceptionAsync(() => SendManyAsync(linked.B, rig, count: 300)));
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

    [Fact]
    public void Compression_restores_every_byte_and_saves_where_it_can() => LinkRig.EverySeed(5, async rig =>
    {
        var linked = await rig.OpenAsync(o => o with { Compression = true }, o => o with { Compression = true });
        var text = new byte[200_000];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = (byte)"a line of text that repeats itself. "[i % 36];
        }

        var noise = new byte[200_000];
        rig.Random.NextBytes(noise);
        byte[][] payloads = [text, noise, text, new byte[100], noise, noise, text, new byte[1 << 20]];
        var before = rig.Scheduler.Now;
        var sent = rig.A.InvokeAsync(async () =>
        {
            foreach (var payload in payloads)
            {
                await linked.A.SendAsync(default, payload, default);
            }

            return true;
        });
        foreach (var payload in payloads)
        {
            using var message = await linked.B.ReceiveAsync(default);
            Assert.True(message.Payload.Span.SequenceEqual(payload));
        }

        await sent;

        // 2.05 MB in all, of which about 0.8 MB stay at 10 MB/s.
        Assert.InRange((rig.Scheduler.Now - before).TotalMilliseconds, 60, 150);
    }, new() { BytesPerSecond = 10_000_000 });

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

    private static async Task<bool> SendManyAsync(IPeerChannel channel, LinkRig rig, int count)
    {
        var sends = new List<Task>();
        for (int i = 0; i < count; i++)
        {
            byte[] payload = new byte[Lengths[rig.Random.Next(Lengths.Length)]];
            payload.AsSpan().Fill((byte)i);
            sends.Add(channel.SendAsync(new PeerMessage { FirstGrain = i, Point = (ulong)payload.Length }, payload, default).AsTask());
            if (rig.Random.Chance(0.3))
            {
                await sends[^1];
            }
        }

        foreach (var send in sends)
        {
            await send;
        }

        return true;
    }

    private static void AssertPayload(int number, ReceivedMessage message)
    {
        Assert.Equal((ulong)message.Payload.Length, message.Message.Point);
        Assert.Equal(-1, message.Payload.Span.IndexOfAnyExcept((byte)number));
    }
}

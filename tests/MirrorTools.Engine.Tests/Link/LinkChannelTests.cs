using MirrorTools.Engine.Link;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>What a channel carries: each message once, in order and whole, whatever is cut or cancelled.</summary>
public sealed class LinkChannelTests
{
    [Fact]
    public void Messages_arrive_in_order_exactly_once_whatever_their_sizes() => LinkRig.EverySeed(15, async rig =>
    {
        var linked = await rig.OpenAsync();
        var sent = rig.A.InvokeAsync(() => LinkTraffic.SendManyAsync(linked.A, rig, count: 60));
        for (int i = 0; i < 60; i++)
        {
            using var message = await linked.B.ReceiveAsync(default);
            Assert.Equal(i, message.Message.FirstGrain);
            LinkTraffic.AssertPayload(i, message);
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
            var sent = rig.A.InvokeAsync(async () => await Record.ExceptionAsync(() => LinkTraffic.SendManyAsync(linked.A, rig, count: 200)));
            rig.Scheduler.Schedule(rig.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(100)), () => rig.Network.Cut("site1", "site2"), "cut");
            int received = 0;
            var failure = await Assert.ThrowsAsync<LinkClosedException>(async () =>
            {
                while (true)
                {
                    using var message = await linked.B.ReceiveAsync(default);
                    Assert.Equal(received, message.Message.FirstGrain);
                    LinkTraffic.AssertPayload(received, message);
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
        var sent = rig.A.InvokeAsync(() => LinkTraffic.SendManyAsync(linked.A, rig, count: 40));
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
}

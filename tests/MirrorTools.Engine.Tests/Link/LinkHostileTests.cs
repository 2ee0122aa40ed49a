using MirrorTools.Engine.Link;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Link;

/// <summary>A peer that lies: every session ends with a closed transport, a reason, and nothing thrown where nobody awaits (the simulator fails a run for that).</summary>
[Rule("P-9")]
public sealed class LinkHostileTests
{
    [Fact]
    public void Random_bytes_close_the_connection_at_either_end() => LinkRig.EverySeed(60, async rig =>
    {
        bool asInitiator = rig.Random.Chance(0.5);
        var (a, b) = await rig.ConnectAsync();
        var start = rig.StartAsync(rig.B, b, LinkRig.Options(rig.B, asInitiator));
        byte[] garbage = new byte[rig.Random.Next(1, 5000)];
        rig.Random.NextBytes(garbage);
        if (rig.Random.Chance(0.5))
        {
            LinkFrameHeader.Magic.CopyTo(garbage.AsSpan(0, Math.Min(4, garbage.Length - 1)));
        }

        await a.SendAsync(garbage, default);
        await a.DisposeAsync();
        var e = await Assert.ThrowsAsync<LinkClosedException>(() => start);
        Assert.True(e.Reason is LinkCloseReason.ProtocolViolation or LinkCloseReason.VersionMismatch or LinkCloseReason.ChecksumMismatch or LinkCloseReason.Cut);
    });

    [Fact]
    public void A_conversation_with_one_bit_flipped_ends_and_delivers_only_a_true_prefix()
    {
        var reasons = new HashSet<LinkCloseReason?>();
        LinkRig.EverySeed(120, async rig =>
        {
            // A real session whose first end's bytes pass through a hand that flips one bit of them.
            var (a, b) = await rig.ConnectAsync();
            var accepted = new TaskCompletionSource<IPeerChannel>(TaskCreationOptions.RunContinuationsAsynchronously);
            var startB = rig.StartAsync(rig.B, b, LinkRig.Options(rig.B, false) with
            {
                AcceptChannel = (_, channel) =>
                {
                    accepted.TrySetResult(channel);
                    return new ValueTask<bool>(true);
                },
            });
            var flipping = new FlippingTransport(a, flipAtBit: 8L * (100 + 150) + rig.Random.Next(8 * 20_000));
            var sessionA = await rig.StartAsync(rig.A, flipping, LinkRig.Options(rig.A, true));
            var sessionB = await startB;
            _ = rig.A.InvokeAsync(async () => await Record.ExceptionAsync(async () =>
            {
                var channel = await sessionA.OpenChannelAsync(LinkRig.Pair, default);
                for (int i = 0; i < 30; i++)
                {
                    await channel.SendAsync(new PeerMessage { FirstGrain = i }, Enumerable.Repeat((byte)i, 1000).ToArray(), default);
                }
            }));
            await Task.Delay(TimeSpan.FromSeconds(30), rig.Scheduler.World.Time);
            Assert.True(flipping.HasFlipped);
            Assert.True(sessionB.Completion.IsCompleted);
            reasons.Add(sessionB.Failure?.Reason);
            if (accepted.Task.IsCompleted)
            {
                var channel = await accepted.Task;
                int received = 0;
                await Assert.ThrowsAsync<LinkClosedException>(async () =>
                {
                    while (true)
                    {
                        using var message = await channel.ReceiveAsync(default);
                        Assert.Equal(received, message.Message.FirstGrain);
                        Assert.Equal(-1, message.Payload.Span.IndexOfAnyExcept((byte)received++));
                    }
                });
                Assert.True(received < 30);
            }
        });
        Assert.Contains(LinkCloseReason.ChecksumMismatch, reasons);
    }

    [Fact]
    public void A_peer_that_sends_more_than_its_credit_is_cut_before_the_payload_is_read() => AssertViolation(
        1, o => o with { ChannelCreditBytes = 128 << 10, MaxFrameBytes = 64 << 10 },
        liar =>
        {
            liar.Open();
            for (int i = 0; i < 3; i++)
            {
                liar.Message(channel: 1, new byte[64 << 10]);
            }
        });

    [Fact]
    public void A_peer_that_sends_more_messages_than_its_credit_is_cut() => AssertViolation(
        1, o => o with { ChannelCreditMessages = 4 },
        liar =>
        {
            liar.Open();
            for (int i = 0; i < 5; i++)
            {
                liar.Message(channel: 1, []);
            }
        });

    [Fact]
    public void A_message_longer_than_agreed_is_refused() => AssertViolation(
        1, o => o with { MaxFrameBytes = 64 << 10 },
        liar =>
        {
            liar.Open();
            liar.Message(channel: 1, new byte[(64 << 10) + 1]);
        });

    [Fact]
    public void Data_whose_length_contradicts_its_head_is_refused() => AssertViolation(1, null, liar =>
    {
        liar.Open();
        liar.Message(channel: 1, new byte[100], claimedBytes: 99);
    });

    [Fact]
    public void Compression_that_was_not_agreed_on_is_refused() => AssertViolation(1, null, liar =>
    {
        liar.Open();
        liar.Message(channel: 1, new byte[100], claimedBytes: 200, LinkFrameFlags.Compressed);
    });

    [Theory]
    [InlineData(200)]
    [InlineData(4 << 20)]
    public void Compressed_data_that_is_garbage_is_refused_within_its_claimed_length(int claimedBytes) => AssertViolation(
        1, o => o with { Compression = true },
        liar =>
        {
            liar.Open();
            liar.Message(channel: 1, Enumerable.Repeat((byte)0xA5, 100).ToArray(), claimedBytes, LinkFrameFlags.Compressed);
        });

    [Fact]
    public void A_compression_bomb_is_refused_at_its_claimed_length() => AssertViolation(
        1, o => o with { Compression = true },
        liar =>
        {
            byte[] bomb = new byte[1000];
            Assert.True(System.IO.Compression.BrotliEncoder.TryCompress(new byte[1 << 20], bomb, out int bombBytes, 1, 18));
            liar.Open();
            liar.Message(channel: 1, bomb[..bombBytes], claimedBytes: 4096, LinkFrameFlags.Compressed);
        });

    [Theory]
    [InlineData(LinkFrameType.Hello)]
    [InlineData(LinkFrameType.Welcome)]
    [InlineData(LinkFrameType.Pong)]
    [InlineData(LinkFrameType.OpenReply)]
    [InlineData(LinkFrameType.Message)]
    [InlineData(LinkFrameType.Credit)]
    [InlineData(LinkFrameType.CloseChannel)]
    [InlineData(LinkFrameType.Response)]
    [InlineData((LinkFrameType)0)]
    [InlineData((LinkFrameType)200)]
    public void A_frame_that_has_no_place_is_refused(LinkFrameType type) => AssertViolation(1, null, liar => liar.Frame(type, 9, new byte[56]));

    [Theory]
    [InlineData(2u)]
    [InlineData(0u)]
    public void A_channel_of_the_other_sides_numbers_is_refused(uint channel) => AssertViolation(1, null, liar => liar.Open(channel));

    [Fact]
    public void A_channel_number_used_again_is_refused() => AssertViolation(1, null, liar =>
    {
        liar.Open(3);
        liar.Open(3);
    });

    [Fact]
    public void Credit_beyond_the_window_is_refused() => AssertViolation(1, null, liar =>
    {
        liar.Open();
        liar.Frame(LinkFrameType.Credit, 1, [1, 0, 0, 0, 0, 0, 0, 0]);
    }, settle: true);

    [Fact]
    public void A_frame_out_of_sequence_is_refused() => AssertViolation(1, null, liar => liar.SkipSequence());

    [Fact]
    public void A_peer_that_asks_and_never_reads_is_cut_at_the_bound() => LinkRig.Run(1, async rig =>
    {
        var (a, b) = await rig.ConnectAsync();
        var liar = new LyingPeer();
        for (int i = 0; i < 40_000; i++)
        {
            liar.Frame(LinkFrameType.Ping, 0, new byte[16]);
        }

        var start = rig.StartAsync(rig.B, b, LinkRig.Options(rig.B, false));
        var send = Record.ExceptionAsync(async () => await a.SendAsync(liar.Bytes, default));
        var session = await start;
        await session.Completion;
        Assert.Equal(LinkCloseReason.ProtocolViolation, session.Failure?.Reason);
        await send;
    });

    private static void AssertViolation(ulong seed, Func<LinkOptions, LinkOptions>? configure, Action<LyingPeer> lie, bool settle = false) =>
        LinkRig.Run(seed, async rig =>
        {
            var (a, b) = await rig.ConnectAsync();
            var options = LinkRig.Options(rig.B, false) with { AcceptChannel = (_, _) => new ValueTask<bool>(true) };
            var start = rig.StartAsync(rig.B, b, configure?.Invoke(options) ?? options);
            var liar = new LyingPeer();
            int honestBytes = liar.Bytes.Length;
            lie(liar);
            await a.SendAsync(liar.Bytes.AsMemory(0, honestBytes), default);
            var session = await start;

            // Frames one by one where the other side's acceptor must have its turn in between.
            foreach (var frame in liar.FramesAfter(honestBytes))
            {
                await Record.ExceptionAsync(async () => await a.SendAsync(frame, default));
                await Task.Delay(TimeSpan.FromMilliseconds(settle ? 200 : 20), rig.Scheduler.World.Time);
            }

            await session.Completion;
            Assert.Equal(LinkCloseReason.ProtocolViolation, session.Failure?.Reason);
        });
}

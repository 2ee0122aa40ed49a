using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>What is written in Normal, on its way to the other site .</summary>
public sealed class DrainTests
{
    [Fact]
    [Rule("A-1")]
    [Rule("P-8")]
    public void A_write_is_complete_when_site_1_has_it_and_is_out_of_sync() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.Cut();
        DateTimeOffset before = rig.Scheduler.UtcNow;
        await rig.WriteAsync(7, 2);
        Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromMilliseconds(100));
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 7);
        Assert.Equal(2, rig.Peek(rig.A, 7));
        Assert.Equal(1, rig.Peek(rig.S, 7));
    });

    [Fact]
    [Rule("A-1")]
    public void Site_2_gets_what_is_written_without_a_point() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.WriteAsync(7, 2);
        await rig.DrainedAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
    });

    [Fact]
    [Rule("A-1")]
    public void A_grain_that_is_written_while_it_is_read_is_sent_again() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        int before = rig.TimesSent(7);
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(300);
        await rig.WriteAsync(7, 2);

        // The drain reads it for 300 ms now; the second write takes no time.
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        rig.A.Faults.ExtraLatency = TimeSpan.Zero;
        await rig.WriteAsync(7, 3);
        Assert.Equal(before, rig.TimesSent(7));
        await rig.DrainedAsync();
        Assert.Equal(before + 2, rig.TimesSent(7));
        Assert.Equal(3, rig.Peek(rig.S, 7));
    });

    [Fact]
    [Rule("A-1")]
    public void Only_the_receipt_makes_a_grain_in_sync() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        await rig.WriteAsync(7, 2);
        await rig.UntilAsync(() => Task.FromResult(rig.Peek(rig.S, 7) == 2));
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 7);
        rig.TargetEnd.Release();
        await rig.DrainedAsync();
    });

    [Fact]
    [Rule("A-1")]
    [Rule("P-2")]
    public void A_receipt_says_that_the_grain_is_durable() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        int receipts = 0;
        byte[] content = new byte[PairRig.GrainBytes];
        rig.TargetEnd.Sending = message =>
        {
            if (message.Kind == MirrorMessage.Acknowledge)
            {
                for (long grain = message.FirstGrain; grain < message.FirstGrain + message.GrainCount; grain++, receipts++)
                {
                    rig.S.PeekDurable(rig.Geometry.OffsetOf(grain), content);
                    Assert.All(content, value => Assert.Equal(2, value));
                }
            }
        };
        await rig.WriteAsync(0, 2, 20);
        await rig.WriteAsync(40, 2, 9);
        await rig.DrainedAsync();
        Assert.Equal(29, receipts);
    });

    [Fact]
    [Rule("A-1")]
    public void A_grain_on_its_way_is_not_sent_a_second_time_before_its_receipt() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        int before = rig.TimesSent(7);
        rig.TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        for (byte value = 2; value < 6; value++)
        {
            await rig.WriteAsync(7, value);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(200));
        }

        Assert.Equal(before + 1, rig.TimesSent(7));
        rig.TargetEnd.Release();
        await rig.DrainedAsync();
        Assert.Equal(before + 2, rig.TimesSent(7));
        Assert.Equal(5, rig.Peek(rig.S, 7));
    });

    [Fact]
    [Rule("A-1")]
    [Rule("P-4")]
    public void A_cut_puts_back_what_was_on_its_way_and_nothing_else() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
        await rig.WriteAsync(7, 2, 3);
        await rig.UntilAsync(() => Task.FromResult(rig.TimesSent(9) == 2));
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 7, 8, 9);
        await rig.ConnectAsync();
        await rig.DrainedAsync();
        Assert.Equal(3, rig.SourceEnd.Sent.Where(sent => sent.Kind == MirrorMessage.GrainData).Sum(sent => sent.GrainCount));
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
    });

    // The storage of site 2 still works on what the session before had brought when the next one brings newer data.
    [Fact]
    [Rule("A-1")]
    public void What_an_old_session_brought_does_not_overwrite_what_the_next_one_brings() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.S.Faults.ExtraLatency = TimeSpan.FromSeconds(2);
        await rig.WriteAsync(7, 2);
        await rig.UntilAsync(() => Task.FromResult(rig.TimesSent(7) == 2));
        await rig.DelayAsync(TimeSpan.FromMilliseconds(3500));
        rig.Cut();
        rig.S.Faults.ExtraLatency = TimeSpan.Zero;
        await rig.WriteAsync(7, 3);
        await rig.ConnectAsync();
        await rig.DrainedAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(3, rig.Peek(rig.S, 7));
    });

    [Fact]
    [Rule("A-1")]
    [Rule("P-7")]
    public void A_source_that_cannot_be_read_suspends_and_what_was_taken_is_out_of_sync() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.A.Faults.FailingReads = 1;
        await rig.WriteAsync(7, 2);
        await rig.StateAsync(SourceState.Suspended);
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 7);
        await rig.Source.ResumeAsync();
        rig.Join();
        await rig.DrainedAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
    });
}

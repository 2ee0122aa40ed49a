using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>An increment from its beginning to its end at site 1 .</summary>
public sealed class IncrementTests
{
    [Fact]
    [Rule("A-2")]
    [Rule("A-3")]
    [Rule("A-13")]
    public void Writes_in_flight_belong_to_the_point_and_those_that_it_holds_are_recorded() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.StallAsync();
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(300);
        Task inFlight = rig.WriteAsync(10, 2);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        Task<ulong> point = rig.Source.StartCycleAsync(supersede: false);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        Task late = rig.WriteAsync(11, 3);
        rig.A.Faults.ExtraLatency = TimeSpan.Zero;

        // A read is served while writes are held.
        byte[] read = new byte[PairRig.GrainBytes];
        await rig.Host.ReadAsync(0, read, CancellationToken.None);
        Assert.Equal(1, read[0]);
        Assert.False(inFlight.IsCompleted || point.IsCompleted || late.IsCompleted);

        await late;
        ulong number = await point;
        Assert.True(inFlight.IsCompleted);
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10);
        await rig.AssertGrainsAsync(SourceMapKind.ChangeRecording, 11);

        // The window is measured: it lasted for as long as the write in flight.
        Assert.InRange((await rig.Source.GetStatusAsync()).LastGateTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300));
        await rig.UnstallAsync();
        await rig.CommittedAsync(number);
        Assert.Equal(2, await rig.ImageAsync(10));
        Assert.Equal(1, await rig.ImageAsync(11));
    });

    [Fact]
    [Rule("A-13")]
    public void The_window_is_short_where_no_write_is_in_flight_whatever_is_out_of_sync() => AsyncRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.StallAsync();
            await rig.WriteAsync(0, 2, 4096);
            await rig.Source.StartCycleAsync(supersede: false);
            Assert.True((await rig.Source.GetStatusAsync()).LastGateTime < TimeSpan.FromMilliseconds(10));
        },
        grains: 4096);

    [Fact]
    [Rule("A-3")]
    [Rule("A-7")]
    public void Nothing_joins_the_increment_and_what_was_recorded_is_out_of_sync_after_it() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.StallAsync();
        await rig.WriteAsync(10, 2, 4);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        byte[] atThePoint = rig.Content(rig.A);
        await rig.WriteAsync(40, 3, 5);
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10, 11, 12, 13);
        await rig.AssertGrainsAsync(SourceMapKind.ChangeRecording, 40, 41, 42, 43, 44);

        // The receipts of the increment go on; those of what follows it do not.
        await rig.Source.SetOptionsAsync(rig.Options);
        bool isCommitted = false;
        rig.EventSeen = seen => isCommitted |= seen.Id == PairEventId.PointCommitted && rig.Events1.Contains(seen);
        rig.TargetEnd.Release();
        rig.SourceEnd.Sending = message => Assert.True(isCommitted || message.Kind != MirrorMessage.GrainData || message.Point == point);
        await rig.CommittedAsync(point);
        Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        await rig.DrainedAsync();
        await rig.AssertGrainsAsync(SourceMapKind.ChangeRecording);
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
        Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        Assert.All(Enumerable.Range(40, 5), grain => Assert.Equal(2, rig.TimesSent(grain)));
    });

    [Fact]
    [Rule("A-6")]
    public void An_increment_is_drained_only_with_its_last_receipt() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        await rig.WriteAsync(10, 2);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => Task.FromResult(rig.Peek(rig.S, 10) == 2));
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(rig.SourceEnd.Sent, sent => sent.Kind == MirrorMessage.Complete && sent.Point == point);
        rig.TargetEnd.Release();
        await rig.CommittedAsync(point);
    });

    [Fact]
    [Rule("A-1")]
    public void An_increment_outlives_a_cut_where_nothing_on_its_way_was_written_since() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
        await rig.WriteAsync(10, 2, 4);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        byte[] atThePoint = rig.Content(rig.A);
        await rig.WriteAsync(20, 3);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(200));
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(200));
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10, 11, 12, 13);

        // Put back, they collide again.
        await rig.WriteAsync(11, 4);
        await rig.ConnectAsync();
        await rig.CommittedAsync(point);
        Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        await rig.DrainedAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
    });

    [Fact]
    [Rule("A-1")]
    [Rule("A-8")]
    public void An_increment_is_abandoned_by_a_cut_where_a_grain_on_its_way_was_written_since() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        byte[] committed = rig.Content(rig.A);
        rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
        await rig.WriteAsync(10, 2, 4);
        await rig.UntilAsync(() => Task.FromResult(rig.TimesSent(13) == 2));
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(11, 3);
        rig.Cut();
        await rig.UntilAsync(() => Task.FromResult(rig.Events1.Exists(seen => seen.Id == PairEventId.PointGivenUp)));
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10, 11, 12, 13);
        await rig.ConnectAsync();
        await rig.DrainedAsync();
        Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
        Assert.True(await rig.CycleAsync() > point);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    // Site 2 may say a second time what differs: the link was cut before it had noted that it was heard.
    [Fact]
    [Rule("A-3")]
    [Rule("P-1")]
    public void An_increment_is_abandoned_where_site_2_lacks_a_grain_that_was_written_since() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.StallAsync();
        await rig.WriteAsync(10, 2, 2);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        byte[] atThePoint = rig.Content(rig.A);
        await rig.WriteAsync(30, 3);
        rig.TargetEnd.Forge(new(MirrorMessage.Differences, 0, 0, 0, 30, 1, Guid.Empty), []);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        await rig.UnstallAsync();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).Point != point);
        await rig.DrainedAsync();
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.PointGivenUp);
        Assert.NotEqual(atThePoint, rig.Content(rig.S));
        Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(1, value));
    });

    [Fact]
    [Rule("A-8")]
    public void An_increment_that_takes_too_long_is_given_up_and_what_was_recorded_is_sent() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            await rig.StallAsync();
            await rig.WriteAsync(10, 2, 2);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(30, 3);
            await rig.UntilAsync(() => Task.FromResult(rig.Events1.Exists(seen => seen.Id == PairEventId.IncrementTimedOut)));
            await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10, 11, 30);
            await rig.UnstallAsync();
            await rig.DrainedAsync();
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(1, value));
            Assert.True(await rig.CycleAsync() > point);
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { MaximumIncrement = TimeSpan.FromSeconds(5) });

    // The timer had run out while the point was being decided, and the point was then copied again without an end.
    [Fact]
    [Rule("A-8")]
    [Rule("P-7")]
    public void An_increment_that_is_copied_again_after_its_time_is_given_up() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            await rig.WriteAsync(10, 2);
            rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.StateAsync(SourceState.Completing);
            await rig.DelayAsync(TimeSpan.FromSeconds(8));
            await rig.StateAsync(SourceState.Completing);

            // The next session can't bring grains that it lacks, and says that nothing was decided.
            rig.TargetEnd.Forge(new(MirrorMessage.Refused, 0, (uint)PrepareRefusal.FlushFailed, (await rig.Source.GetStatusAsync()).Point, 0, 0, Guid.Empty), []);
            await rig.StateAsync(SourceState.Copying);
            await rig.UntilAsync(() => Task.FromResult(rig.Events1.Exists(seen => seen.Id == PairEventId.IncrementTimedOut)));
            await rig.ConnectAsync();
            await rig.CycleAsync();
        },
        prepare: rig => rig.Options = rig.Options with { MaximumIncrement = TimeSpan.FromSeconds(5) });

    [Fact]
    [Rule("A-8")]
    public void An_increment_that_is_stopped_leaves_the_last_point_and_sends_what_was_recorded() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.StallAsync();
        await rig.WriteAsync(10, 2, 2);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(30, 3);
        await rig.Source.StopCycleAsync();
        await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10, 11, 30);
        await rig.UnstallAsync();
        await rig.DrainedAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
        Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(1, value));
    });

    [Fact]
    [Rule("A-2")]
    [Rule("A-7")]
    public void A_point_that_supersedes_another_one_holds_what_was_recorded_for_it() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.StallAsync();
        await rig.WriteAsync(10, 2, 4);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(12, 3);
        await rig.WriteAsync(30, 3);
        ulong point = await rig.Source.StartCycleAsync(supersede: true);
        byte[] atThePoint = rig.Content(rig.A);
        await rig.AssertGrainsAsync(SourceMapKind.ChangeRecording);
        await rig.WriteAsync(13, 4);
        await rig.WriteAsync(30, 4);
        await rig.UnstallAsync();
        await rig.CommittedAsync(point);
        Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        await rig.DrainedAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
    });
}

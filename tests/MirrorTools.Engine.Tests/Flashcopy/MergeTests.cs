using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Writes that begin a new point (figure 6's further form, F-27): what the point has of them, and for how long they may go on beginning points.</summary>
public sealed class MergeTests
{
    // The grain is in B as it was before the write: what the copy reads from there is not what the point includes.
    [Fact]
    [Rule("F-27")]
    [Rule("P-1")]
    public void A_merged_write_to_a_grain_that_is_in_B_but_not_on_C_is_in_the_point() => Run(async rig =>
    {
        rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => rig.SourceBitAsync(SourceMapKind.InB, 0));
        Assert.False(await rig.SourceBitAsync(SourceMapKind.OnC, 0));
        rig.SourceEnd.Swallowed.Clear();
        await rig.WriteAsync(0, 2);
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point + 1);
        Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[0]);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-27")]
    [Rule("F-2")]
    public void The_point_waits_for_the_writes_that_it_includes() => Run(async rig =>
    {
        await rig.Source.StartCycleAsync(supersede: false);
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(300);
        Task write = rig.WriteAsync(63, 2);
        bool isTaken = false;
        rig.EventSeen = seen => isTaken |= seen.Id == PairEventId.PointTaken;
        await rig.UntilAsync(() => Task.FromResult(isTaken));
        Assert.Equal(2, rig.Peek(rig.A, 63));
        rig.A.Faults.Repair();
        await write;
    });

    [Fact]
    [Rule("F-27")]
    [Rule("P-8")]
    public void Writes_that_never_stop_merge_for_no_longer_than_the_deadline_and_a_point_is_committed() => Run(async rig =>
    {
        DateTimeOffset start = rig.Scheduler.UtcNow;
        bool isCommitted = false;
        rig.EventSeen = seen => isCommitted |= seen.Id == PairEventId.PointCommitted;
        await rig.Source.StartCycleAsync(supersede: false);
        for (int write = 0; !isCommitted && rig.Scheduler.UtcNow - start < TimeSpan.FromSeconds(20); write++)
        {
            await rig.WriteAsync(63, (byte)(2 + (write % 200)));
        }

        Assert.True(isCommitted);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.PointSuperseded);
        TimeSpan merged = rig.Events1.Last(seen => seen.Id == PairEventId.PointTaken).At - start;
        Assert.InRange(merged, rig.Options.LinkDeadline / 2, rig.Options.LinkDeadline + TimeSpan.FromMilliseconds(500));
    });

    [Theory]
    [Rule("F-27")]
    [Rule("P-8")]
    [InlineData(0)]
    [InlineData(2100)]
    public void Past_the_deadline_a_write_waits_for_B_alone(int pauseMs) => Run(async rig =>
    {
        rig.TargetEnd.Swallowed.Add(MirrorMessage.Acknowledge);
        await rig.Source.StartCycleAsync(supersede: false);
        DateTimeOffset start = rig.Scheduler.UtcNow;
        while (rig.Scheduler.UtcNow - start < rig.Options.LinkDeadline * 2)
        {
            DateTimeOffset before = rig.Scheduler.UtcNow;
            await rig.WriteAsync(63, 2);
            Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(1), $"A host waited {rig.Scheduler.UtcNow - before}.");
            await rig.DelayAsync(TimeSpan.FromMilliseconds(pauseMs));
        }

        Assert.DoesNotContain(rig.Events1, seen => seen.Id == PairEventId.WritesDegraded);
    });

    [Fact]
    [Rule("F-27")]
    public void The_deadline_of_one_run_of_merged_points_is_not_that_of_the_next() => Run(async rig =>
    {
        for (byte round = 2; round < 5; round++)
        {
            await rig.WriteAsync(0, round, 64);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(63, 200);
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number > point);
            Assert.Equal(200, (await rig.ReadImageAsync(rig.Target.Image))[^1]);
            await rig.DelayAsync(rig.Options.LinkDeadline * 2);
        }
    });

    [Fact]
    [Rule("F-27")]
    [Rule("F-19")]
    public void A_point_that_was_given_up_takes_its_run_of_merged_points_with_it() => Run(async rig =>
    {
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(63, 2);
        await rig.StateAsync(SourceState.Copying);
        await rig.Source.StopCycleAsync();
        await rig.DelayAsync(rig.Options.LinkDeadline * 2);

        await rig.WriteAsync(0, 3, 64);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(63, 200);
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number > point);
        Assert.Equal(200, (await rig.ReadImageAsync(rig.Target.Image))[^1]);
    });

    // The running point was taken while the link was up: a write began one more, though it was to wait for B alone.
    [Fact]
    [Rule("F-27")]
    [Rule("F-20")]
    public void A_write_acts_as_a_local_copy_once_the_link_is_cut_in_a_merged_point() => Run(async rig =>
    {
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(63, 2);
        await rig.StateAsync(SourceState.Copying);
        ulong point = (await rig.Source.GetStatusAsync()).Point;
        rig.Cut();
        await rig.UntilAsync(async () => !(await rig.Source.GetStatusAsync()).IsConnected);
        DateTimeOffset before = rig.Scheduler.UtcNow;
        await rig.WriteAsync(63, 3);
        Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(1), $"A host waited {rig.Scheduler.UtcNow - before}.");
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(point, (await rig.Source.GetStatusAsync()).Point);
        await rig.ConnectAsync();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
        Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[^1]);
    });

    // The point has outlived the cut: nothing would be committed for longer still if it were replaced now.
    [Fact]
    [Rule("F-27")]
    [Rule("F-20")]
    public void Once_the_link_is_back_writes_begin_no_point_in_the_same_cycle() => Run(async rig =>
    {
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(63, 2);
        await rig.StateAsync(SourceState.Copying);
        ulong point = (await rig.Source.GetStatusAsync()).Point;
        rig.Cut();
        await rig.UntilAsync(async () => !(await rig.Source.GetStatusAsync()).IsConnected);
        await rig.ConnectAsync();
        Assert.False(await rig.SourceBitAsync(SourceMapKind.InB, 62));
        await rig.WriteAsync(62, 3);
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
        byte[] image = await rig.ReadImageAsync(rig.Target.Image);
        Assert.Equal(1, image[62 * FlashcopyRig.GrainBytes]);
        Assert.Equal(2, image[^1]);
    });

    // One grain after the other, the last one last: what is written there meets a grain that is still to be copied.
    private static void Run(Func<FlashcopyRig, Task> body) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(10);
            await body(rig);
        },
        prepare: rig => rig.Options = new MirrorOptions
        {
            WritePolicy = WritePolicy.Merge,
            RunBytes = FlashcopyRig.GrainBytes,
            WindowBytes = FlashcopyRig.GrainBytes,
        });
}

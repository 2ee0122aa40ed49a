using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>
/// A storage of a side's own that fails in the middle of a conversation (P-7). It ended the conversation as if the link had been cut, and so did the next ones: the pair stood still and
/// nothing said why.
/// </summary>
public sealed class OwnFaultTests
{
    [Fact]
    [Rule("P-7")]
    public void A_target_that_cannot_be_read_for_a_comparison_suspends_the_pair() => Compare(async rig =>
    {
        rig.D.Faults.FailingReads = 1;
        await MeetUntilSuspendedAsync(rig, SuspendReason.TargetFailed);
        Assert.Contains(rig.Events2, seen => seen.Id == PairEventId.TargetFailed);
        Assert.Equal((TargetState.Faulted, SuspendReason.TargetFailed), await FaultAsync(rig.Target));
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.TargetFailed);
        await rig.WriteAsync(3, 9);
    });

    [Fact]
    [Rule("P-7")]
    public void A_source_that_cannot_be_read_for_a_comparison_suspends_the_pair() => Compare(async rig =>
    {
        rig.A.Faults.FailingReads = 1;
        await MeetUntilSuspendedAsync(rig, SuspendReason.SourceUnreadable);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.SourceUnreadable);

        // Half a comparison proves nothing, and the next one is whole.
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.OnC)).CountSet());
        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        Assert.Equal(40, (await rig.Source.SnapshotAsync(SourceMapKind.OnC)).CountSet());
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("P-7")]
    public void A_comparison_that_cannot_be_recorded_suspends_the_pair() => Compare(async rig =>
    {
        rig.A.Reached = (disk, _) =>
        {
            disk.Reached = null;
            rig.Metadata1.Faults.FailingWrites = 1;
        };
        await MeetUntilSuspendedAsync(rig, SuspendReason.MetadataFailed);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.MetadataFailed);
    });

    [Fact]
    [Rule("P-7")]
    [Rule("F-9")]
    public void A_commit_heard_of_in_the_greeting_that_cannot_be_recorded_suspends_the_pair() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        rig.TargetEnd.Swallowed.Add(MirrorMessage.Committed);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).LastCommitted.Number == point);
        rig.KillSite1();
        await rig.OpenSourceAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
        rig.Metadata1.Faults.FailingWrites = 1;
        await MeetUntilSuspendedAsync(rig, SuspendReason.MetadataFailed);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.MetadataFailed);

        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        Assert.Equal(point, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
    });

    // The former source has told what may differ, and can't note that it was heard.
    [Theory]
    [Rule("P-7")]
    [Rule("F-16")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_target_that_cannot_write_its_record_says_so(bool flush) => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.Target.RecoverAsync(force: false);
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
        await rig.DelayAsync(TimeSpan.FromSeconds(30));

        rig.Events1.Clear();
        (rig.Metadata1.Faults.FailingFlushes, rig.Metadata1.Faults.FailingWrites) = flush ? (1, 0) : (0, 1);
        await rig.UntilAsync(async () =>
        {
            if (rig.SourceEnd.Closed.IsCompleted)
            {
                rig.Join(two, one);
            }

            return (await two.GetStatusAsync()).Suspended == SuspendReason.RemoteMetadataFailed;
        });
        Assert.Equal((TargetState.Faulted, SuspendReason.RemoteMetadataFailed), await FaultAsync(one));
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.MetadataFailed);
    });

    // Site 2 holds what 40 of 64 grains of the source hold.
    private static void Compare(Func<FlashcopyRig, Task> body) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 7, 64);
            rig.D.Preload(0, rig.Content(rig.A).AsSpan(0, 40 * FlashcopyRig.GrainBytes));
            await rig.DelayAsync(TimeSpan.FromSeconds(30));
            await body(rig);
        },
        prepare: rig => rig.NeedsComparison = true);

    // As the agents do: a conversation that ends is followed by the next one.
    private static Task MeetUntilSuspendedAsync(FlashcopyRig rig, SuspendReason reason)
    {
        rig.Join();
        return rig.UntilAsync(async () =>
        {
            if (rig.SourceEnd.Closed.IsCompleted)
            {
                rig.Join();
            }

            return (await rig.Source.GetStatusAsync()).Suspended == reason;
        });
    }

    private static async Task<(TargetState State, SuspendReason Fault)> FaultAsync(MirrorTarget target)
    {
        TargetStatus status = await target.GetStatusAsync();
        return (status.State, status.Fault);
    }
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What becomes of a point, of the maps and of waiting hosts when the first intermediate fails (F-22).</summary>
public sealed class FirstIntermediateFaultTests
{
    [Theory]
    [Rule("F-22")]
    [Rule("P-8")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_host_that_waits_for_B_goes_on_without_it(bool hangs) => FlashcopyRig.Run(async rig =>
    {
        await CommitAsync(rig);
        await rig.WriteAsync(32, 2, 32);
        rig.B.Faults.ExtraLatency = hangs ? TimeSpan.FromHours(2) : TimeSpan.FromSeconds(1);
        rig.B.Faults.FailingWrites = int.MaxValue;
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        DateTimeOffset before = rig.Scheduler.UtcNow;
        await rig.WriteAsync(40, 3);
        TimeSpan waited = rig.Scheduler.UtcNow - before;
        Assert.True(waited < rig.Options.LinkDeadline + rig.Options.LocalDeadline + TimeSpan.FromSeconds(1), $"A host waited {waited}.");
        Assert.Equal(3, rig.Peek(rig.A, 40));

        await rig.StateAsync(SourceState.Suspended);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.FirstIntermediateFailed);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.PointGivenUp && seen.Arguments.Any(argument => argument.Value == point.ToString()));
        Assert.Equal(SuspendReason.FirstIntermediateFailed, (await rig.Source.GetStatusAsync()).Suspended);
    });

    // No request takes long, but the grain's turn does not come.
    [Fact]
    [Rule("F-22")]
    [Rule("F-30")]
    [Rule("P-8")]
    public void A_host_whose_grain_is_far_behind_in_a_slow_copy_waits_no_longer_than_the_deadline() => FlashcopyRig.Run(
        async rig =>
        {
            await CommitAsync(rig);
            await rig.WriteAsync(0, 2, 64);
            rig.B.Faults.ExtraLatency = TimeSpan.FromSeconds(1);
            await rig.Source.StartCycleAsync(supersede: false);
            DateTimeOffset before = rig.Scheduler.UtcNow;
            await rig.WriteAsync(63, 3);
            TimeSpan waited = rig.Scheduler.UtcNow - before;
            Assert.True(waited < rig.Options.LinkDeadline + rig.Options.LocalDeadline + TimeSpan.FromSeconds(2), $"A host waited {waited}.");
            await rig.StateAsync(SourceState.Suspended);
            Assert.Equal(SuspendReason.FirstIntermediateFailed, (await rig.Source.GetStatusAsync()).Suspended);
        },
        prepare: rig => rig.Options = rig.Options with
        {
            WritePolicy = WritePolicy.Hold,
            HoldInScanOrder = true,
            RunBytes = FlashcopyRig.GrainBytes,
            WindowBytes = FlashcopyRig.GrainBytes,
        });

    // What hosts change while a point is copied is marked in the future map alone: nobody looks at that map any more once B has failed.
    [Fact]
    [Rule("F-22")]
    [Rule("F-3")]
    public void What_hosts_changed_while_the_point_was_copied_is_in_the_renewed_maps_and_is_sent_after_the_resume() => FlashcopyRig.Run(async rig =>
    {
        await CommitAsync(rig);
        await rig.WriteAsync(40, 2);
        rig.B.Faults.AddBadRange(rig.Geometry.OffsetOf(40), FlashcopyRig.GrainBytes);
        rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(100);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.WriteAsync(3, 5);
        Assert.True(await rig.SourceBitAsync(SourceMapKind.Future, 3));
        await rig.StateAsync(SourceState.Suspended);
        await rig.UntilAsync(async () => !await rig.SourceBitAsync(SourceMapKind.OnC, 3));
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.Future)).CountSet());

        rig.B.Faults.Repair();
        Assert.Equal(2, await ResumeAndCycleAsync(rig));
    });

    // Grains 8 to 15 are in B and not on C when B can't be read: what it shows once it answers again may be anything.
    [Theory]
    [Rule("F-22")]
    [Rule("F-4")]
    [InlineData(true)]
    [InlineData(false)]
    public void What_B_held_when_it_could_not_be_read_is_copied_from_the_source_after_the_resume(bool isGone) => FlashcopyRig.Run(async rig =>
    {
        await CommitAsync(rig);
        await rig.WriteAsync(8, 2, 8);
        rig.Cut();
        await rig.UntilAsync(async () => !(await rig.Source.GetStatusAsync()).IsConnected);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => rig.SourceBitAsync(SourceMapKind.InB, 15));
        (rig.B.Faults.IsGone, rig.B.Faults.FailingReads) = (isGone, int.MaxValue);
        rig.Join();
        await rig.StateAsync(SourceState.Suspended);
        Assert.Equal(SuspendReason.FirstIntermediateFailed, (await rig.Source.GetStatusAsync()).Suspended);
        await rig.WriteAsync(9, 3);

        rig.B.Faults.Repair();
        byte[] foreign = Enumerable.Repeat((byte)0xEE, 8 * FlashcopyRig.GrainBytes).ToArray();
        rig.B.Preload(rig.Geometry.OffsetOf(8), foreign);
        Assert.Equal(8, await ResumeAndCycleAsync(rig));
    });

    [Fact]
    [Rule("F-22")]
    public void Writes_only_clear_the_halves_after_a_restart_without_B_too() => FlashcopyRig.Run(async rig =>
    {
        await CommitAsync(rig);
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
        await rig.WriteAsync(40, 2);
        rig.B.Faults.IsGone = true;
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Suspended);
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        rig.KillSite1();
        rig.B.Faults.Repair();
        await rig.OpenSourceAsync();
        Assert.Equal(SuspendReason.FirstIntermediateFailed, (await rig.Source.GetStatusAsync()).Suspended);
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.InB)).CountSet());
        Assert.True(await rig.SourceBitAsync(SourceMapKind.OnC, 20));
        await rig.WriteAsync(20, 3);
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.Future)).CountSet());
        Assert.False(await rig.SourceBitAsync(SourceMapKind.OnC, 20));
        await ResumeAndCycleAsync(rig);
    });

    // The maps go on without B: regions that stayed hot for its sake would all be sent again.
    [Fact]
    [Rule("F-22")]
    [Rule("P-4")]
    public void While_B_is_gone_regions_go_cold_and_a_crash_costs_what_was_written_alone() => FlashcopyRig.Run(async rig =>
    {
        await CommitAsync(rig);
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
        await rig.WriteAsync(40, 2);
        rig.B.Faults.IsGone = true;
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Suspended);
        await rig.WriteAsync(20, 3);
        await rig.DelayAsync(TimeSpan.FromSeconds(60));
        rig.KillSite1(losePower: true);
        rig.B.Faults.Repair();
        rig.Events1.Clear();
        await rig.OpenSourceAsync();
        Assert.DoesNotContain(rig.Events1, seen => seen.Id == PairEventId.UncleanStart);
        Assert.Equal(2, await ResumeAndCycleAsync(rig));
    });

    private static async Task CommitAsync(FlashcopyRig rig)
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
    }

    // How many grains the cycle after the resume sent.
    private static async Task<long> ResumeAndCycleAsync(FlashcopyRig rig)
    {
        long sent = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        return (await rig.Source.GetStatusAsync()).SentGrains - sent;
    }
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Disks;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>A full file system under a running pair's metadata. Regions have 16 grains here.</summary>
public sealed class FullMetadataTests
{
    [Theory]
    [Rule("P-8")]
    [InlineData(1)]
    [InlineData(2)]
    public void Metadata_have_all_the_space_they_will_ever_take(int site) => FlashcopyRig.Run(async rig =>
    {
        foreach (SimDisk disk in DisksOf(rig, site))
        {
            disk.Faults.BudgetBytes = disk.AllocatedBytes;
        }

        await rig.ConnectAsync();
        for (byte round = 1; round < 4; round++)
        {
            await rig.WriteAsync(0, round, 64);
            await rig.CycleAsync();
            await rig.DelayAsync(TimeSpan.FromSeconds(30));
        }

        rig.KillSite1();
        rig.KillSite2();
        await rig.OpenTargetAsync();
        await rig.OpenSourceAsync();
        await rig.ConnectAsync();
        await rig.WriteAsync(7, 9);
        await rig.CycleAsync();
        Assert.DoesNotContain(rig.Events1, seen => seen.Id is PairEventId.Suspended or PairEventId.DirtyRegionLogPlaceFailed);
        Assert.DoesNotContain(rig.Events2, seen => seen.Id is PairEventId.MetadataFailed or PairEventId.DirtyRegionLogPlaceFailed);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    // A file system that writes nothing in place needs room for what was written before as well.
    [Fact]
    [Rule("P-7")]
    [Rule("P-8")]
    public void Metadata_that_find_no_room_suspend_the_pair_and_fail_no_write() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
        rig.Metadata1.Faults.IsFull = true;
        await rig.WriteAsync(0, 2, 64);
        await rig.StateAsync(SourceState.Suspended);
        await ShownAsync(rig);

        // A restart does not keep hosts away either.
        rig.Events1.Clear();
        rig.KillSite1();
        await rig.OpenSourceAsync();
        await rig.WriteAsync(0, 3, 64);
        await rig.StateAsync(SourceState.Suspended);
        await ShownAsync(rig);

        rig.Metadata1.Faults.Repair();
        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        Assert.Equal(3, rig.Peek(rig.D, 5));
    });

    [Fact]
    [Rule("P-7")]
    [Rule("P-8")]
    public void Where_neither_place_of_the_log_finds_room_only_writes_into_cold_regions_fail() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
        await rig.WriteAsync(0, 2);
        rig.Metadata1.Faults.IsFull = rig.Log1.Faults.IsFull = true;
        await rig.WriteAsync(1, 2);
        await Assert.ThrowsAsync<DirtyRegionLogException>(() => rig.WriteAsync(32, 2));
        await rig.StateAsync(SourceState.Suspended);
        await ShownAsync(rig);
        Assert.True((await rig.Source.GetStatusAsync()).IsRegionLogLost);
        await rig.WriteAsync(2, 2);

        // As the agent does at a resume: opened anew, the log uses both places again.
        rig.Metadata1.Faults.Repair();
        rig.Log1.Faults.Repair();
        await rig.Source.DisposeAsync();
        await rig.OpenSourceAsync();
        await rig.WriteAsync(32, 2);
        if ((await rig.Source.GetStatusAsync()).State == SourceState.Suspended)
        {
            await rig.Source.ResumeAsync();
        }

        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("P-7")]
    [Rule("P-8")]
    public void Metadata_of_site_2_that_find_no_room_suspend_the_pair() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        rig.Metadata2.Faults.IsFull = rig.Log2.Faults.IsFull = true;
        await rig.WriteAsync(0, 2, 64);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => Task.FromResult(rig.SourceEnd.Closed.IsCompleted));
        rig.Join();
        await rig.StateAsync(SourceState.Suspended);
        Assert.Equal((SuspendReason.RemoteMetadataFailed, true), ((await rig.Source.GetStatusAsync()).Suspended, (await rig.Source.GetStatusAsync()).IsStorageFull));
        await rig.WriteAsync(0, 3, 64);
        rig.Metadata2.Faults.Repair();
        rig.Log2.Faults.Repair();
        await rig.Target.DisposeAsync();
        await rig.OpenTargetAsync();
        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    private static async Task ShownAsync(FlashcopyRig rig)
    {
        SourceStatus status = await rig.Source.GetStatusAsync();
        Assert.Equal((SuspendReason.MetadataFailed, true), (status.Suspended, status.IsStorageFull));
        Assert.Contains("Full", status.SuspendDetail);
        await rig.UntilAsync(() => Task.FromResult(rig.Events1.Exists(seen => seen.Id == PairEventId.StorageFull)));
    }

    private static SimDisk[] DisksOf(FlashcopyRig rig, int site) => site == 1 ? [rig.Metadata1, rig.Log1] : [rig.Metadata2, rig.Log2];
}

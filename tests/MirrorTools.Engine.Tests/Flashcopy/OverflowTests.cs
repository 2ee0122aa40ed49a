using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The dirty-region log with fewer slots than hosts want. Regions have 16 grains here.</summary>
public sealed class OverflowTests
{
    [Theory]
    [Rule("P-8")]
    [Rule("P-4")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_log_that_overflowed_tells_regions_apart_again_once_they_can_go_cold(bool losePower) => Run(slots: 8, async rig =>
    {
        await rig.WriteAsync(0, 1, 1024);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(30));

        // No region can go cold while the source's flush hangs, and hosts go on all the same.
        rig.B.Faults.ExtraLatency = TimeSpan.FromSeconds(9);
        for (int region = 0; region < 12; region++)
        {
            await rig.WriteAsync(region * 32, 2);
        }

        rig.B.Faults.Repair();
        await rig.DelayAsync(TimeSpan.FromSeconds(60));
        await rig.WriteAsync(900, 3);
        rig.Events1.Clear();
        rig.KillSite1(losePower);
        await rig.OpenSourceAsync();
        Assert.Equal("1", Assert.Single(rig.Events1, seen => seen.Id == PairEventId.UncleanStart).Arguments.Single(argument => argument.Key == "hotRegions").Value);
        await rig.ConnectAsync();
        await rig.Source.StartCycleAsync(supersede: false);
        Assert.Equal(12 + 16, (await rig.Source.GetStatusAsync()).CycleGrains);
        await rig.Source.WaitCycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Theory]
    [Rule("P-8")]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(20)]
    public void A_write_larger_than_all_slots_goes_region_by_region(int slots) => Run(slots, async rig =>
    {
        await rig.WriteAsync(3, 1, 1000);
        await rig.Host.WriteZeroesAsync(rig.Geometry.OffsetOf(100), rig.Geometry.OffsetOf(800), WriteOptions.MayUnmap, CancellationToken.None);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        Assert.DoesNotContain(rig.Events1, seen => seen.Id == PairEventId.InvariantBroken);
    });

    private static void Run(int slots, Func<FlashcopyRig, Task> body) => FlashcopyRig.Run(body, grains: 1024, prepare: rig => rig.RegionSlots = slots);
}

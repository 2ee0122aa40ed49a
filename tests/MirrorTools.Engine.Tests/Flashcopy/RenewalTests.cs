using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What a new point does to the maps of site 1 (F-3), and what that costs (F-24).</summary>
public sealed class RenewalTests
{
    [Fact]
    [Rule("F-3")]
    [Rule("F-24")]
    public void A_new_point_over_64_TiB_takes_what_changed_from_both_halves_and_touches_its_pages_only()
    {
        SourceMaps maps = new(new GrainGeometry(1L << 46, 64 * 1024));
        long grains = maps.Geometry.GrainCount;
        maps.SetInB(new GrainRange(0, grains));
        maps.SetOnC(new GrainRange(0, grains));
        maps.CountAndJoinCycle();
        Assert.Equal(0, maps.Uncopied);
        maps.Behind.Take();

        long[] changed = [103, 104, GrainMap.GrainsPerPage * 5L, grains - 1];
        GrainMap future = new(grains, initialValue: false);
        foreach (long grain in changed)
        {
            future.Set(grain);
        }

        maps.Renew(future, beginsCycle: true);
        Assert.Equal(changed.Length, maps.Uncopied);
        Assert.Equal(changed.Length, maps.CycleGrains);
        Assert.Equal(changed.Length, maps.Cycle.CountSet());
        Assert.Equal(grains - changed.Length, maps.InB.CountSet());
        Assert.Equal(grains - changed.Length, maps.OnC.CountSet());
        Assert.All(changed, grain => Assert.True(maps.Cycle[grain] && !maps.InB[grain] && !maps.OnC[grain]));
        Assert.Equal(0, future.CountSet());
        Assert.Equal(changed.Select(GrainMap.PageOf).Distinct(), maps.Behind.Take());
    }

    [Fact]
    [Rule("F-3")]
    [Rule("F-5")]
    public void What_changed_while_a_cycle_ran_travels_in_the_next_one_and_in_no_later_one() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(0, 2, 9);
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);
        await rig.WriteAsync(4, 3, 2);
        await rig.WriteAsync(50, 3);
        rig.Cut();
        await rig.ConnectAsync();
        await rig.StateAsync(SourceState.Idle);
        Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[4 * FlashcopyRig.GrainBytes]);
        Assert.Equal(1, (await rig.ReadImageAsync(rig.Target.Image))[50 * FlashcopyRig.GrainBytes]);

        Assert.Equal(3, await SentInCycleAsync(rig));
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        Assert.Equal(0, await SentInCycleAsync(rig));
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-25")]
    public void A_volume_whose_last_grain_is_short_is_mirrored_and_recovered_whole() => FlashcopyRig.Run(
        async rig =>
        {
            long last = rig.Geometry.LengthBytes - 512;
            await rig.WriteBytesAsync(0, 1, (int)rig.Geometry.LengthBytes);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.SettledAsync();
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.D));
            await rig.WriteBytesAsync(last, 2, 512);
            Assert.Equal(1, await SentInCycleAsync(rig));
            byte[] expected = rig.Content(rig.A);
            rig.KillSite1(losePower: true);
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            await rig.Target.RecoverAsync(force: false);
            MirrorSource recovered = await MirrorSource.OpenAsync(rig.Parts2());
            Assert.Equal(expected, await rig.ReadImageAsync(recovered.Volume));
            Assert.Equal(2, expected[last]);
        },
        lastGrainLacksBytes: 3 * 512);

    private static async Task<long> SentInCycleAsync(FlashcopyRig rig)
    {
        long before = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.CycleAsync();
        return (await rig.Source.GetStatusAsync()).SentGrains - before;
    }
}

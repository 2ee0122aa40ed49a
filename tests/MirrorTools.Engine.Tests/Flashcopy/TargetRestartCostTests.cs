using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>A restart of site 2 costs what was hot there (P-4), counted in grains. Regions have 16 grains here.</summary>
public sealed class TargetRestartCostTests
{
    // 512 regions: the log's table takes four blocks, so that one mark does not happen to rewrite all of it.
    private const int Grains = 8192;

    [Theory]
    [Rule("P-4")]
    [Rule("F-18")]
    [Rule("F-21")]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_kill_of_site_2_only_what_was_hot_is_sent_again(bool losePower) => Run(int.MaxValue, async rig =>
    {
        await FillAsync(rig);
        await CoolAsync(rig);
        await rig.WriteAsync(700, 2);
        await rig.CycleAsync();
        await rig.SettledAsync();
        Assert.Equal(16, await RestartAsync(rig, losePower));
    });

    [Theory]
    [Rule("P-4")]
    [InlineData(false)]
    [InlineData(true)]
    public void What_went_cold_is_not_named_on_disk_any_more(bool losePower) => Run(int.MaxValue, async rig =>
    {
        await FillAsync(rig);
        await CoolAsync(rig);
        Assert.Equal(0, await RestartAsync(rig, losePower));
        Assert.DoesNotContain(rig.Events2, seen => seen.Id == PairEventId.UncleanStart);
    });

    [Fact]
    [Rule("P-4")]
    public void What_was_hot_at_one_kill_is_not_sent_again_after_the_next() => Run(int.MaxValue, async rig =>
    {
        await FillAsync(rig);
        await CoolAsync(rig);
        await rig.WriteAsync(700, 2);
        await rig.CycleAsync();
        await rig.SettledAsync();
        rig.KillSite2();
        await rig.OpenTargetAsync();

        // No tick comes in between, and what was lost is known by the maps.
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        rig.Events2.Clear();
        Assert.Equal(16, await RestartAsync(rig, losePower: false));
        Assert.DoesNotContain(rig.Events2, seen => seen.Id == PairEventId.UncleanStart);
    });

    [Theory]
    [Rule("P-4")]
    [Rule("P-8")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_log_of_site_2_that_overflowed_tells_regions_apart_again(bool losePower) => Run(slots: 8, async rig =>
    {
        await FillAsync(rig);
        await CoolAsync(rig);
        await OverflowAsync(rig);
        rig.C.Faults.Repair();
        await rig.Source.WaitCycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(60));
        Assert.False(rig.Target.Log.AllUnknown);
        await rig.WriteAsync(700, 3);
        await rig.CycleAsync();
        await rig.SettledAsync();
        Assert.Equal(16, await RestartAsync(rig, losePower));
        Assert.Equal("1", HotRegionsAtStart(rig));
    });

    [Fact]
    [Rule("P-4")]
    public void A_kill_amid_an_overflow_costs_everything_once() => Run(slots: 8, async rig =>
    {
        await FillAsync(rig);
        await CoolAsync(rig);
        await OverflowAsync(rig);
        rig.KillSite2();
        rig.C.Faults.Repair();
        await rig.OpenTargetAsync();
        Assert.Equal("unknown", HotRegionsAtStart(rig));
        await rig.ConnectAsync();
        await rig.Source.WaitCycleAsync();
        await rig.SettledAsync();
        await CoolAsync(rig);
        await rig.WriteAsync(700, 3);
        await rig.CycleAsync();
        await rig.SettledAsync();
        rig.Events2.Clear();
        Assert.Equal(16, await RestartAsync(rig, losePower: false));
        Assert.Equal("1", HotRegionsAtStart(rig));
    });

    private static void Run(int slots, Func<FlashcopyRig, Task> body) => FlashcopyRig.Run(body, grains: Grains, prepare: rig => rig.RegionSlots = slots);

    private static async Task FillAsync(FlashcopyRig rig)
    {
        await rig.ConnectAsync();
        await rig.WriteAsync(0, 1, Grains);
        await rig.CycleAsync();
        await rig.SettledAsync();
    }

    // Long enough for every region that nobody uses to go cold, by ticks of ten seconds.
    private static Task CoolAsync(FlashcopyRig rig) => rig.DelayAsync(TimeSpan.FromSeconds(25));

    // More regions arrive than there are slots, while none can go cold: C takes longer than the log waits for a slot.
    private static async Task OverflowAsync(FlashcopyRig rig)
    {
        for (int region = 0; region < 32; region++)
        {
            await rig.WriteAsync(region * 32, 2);
        }

        rig.C.Faults.ExtraLatency = TimeSpan.FromSeconds(8);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => Task.FromResult(rig.Target.Log.AllUnknown));
    }

    // Kills site 2 and has a cycle run; says how many grains that one sent.
    private static async Task<long> RestartAsync(FlashcopyRig rig, bool losePower)
    {
        rig.KillSite2(losePower);
        await rig.OpenTargetAsync();
        await rig.ConnectAsync();
        long before = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.CycleAsync();
        long sent = (await rig.Source.GetStatusAsync()).SentGrains - before;
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        return sent;
    }

    private static string? HotRegionsAtStart(FlashcopyRig rig) =>
        Assert.Single(rig.Events2, seen => seen.Id == PairEventId.UncleanStart).Arguments.Single(argument => argument.Key == "hotRegions").Value;
}

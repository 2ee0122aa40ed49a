using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>A restart of site 1 costs what was hot (P-4), counted in grains. Regions have 16 grains here.</summary>
public sealed class RestartCostTests
{
    private const int Grains = 2048;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    [Theory]
    [Rule("P-4")]
    [Rule("F-18")]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_commit_a_death_costs_what_was_hot_and_no_more(bool losePower) => Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 320);
        await CoolAsync(rig);
        await rig.ConnectAsync();
        Assert.Equal(Grains, (await CycleGrainsAsync(rig)).InCycle);

        // The map pages say "changed" durably when the regions go cold; only the commit's own pages say that they are copied.
        await rig.WriteAsync(0, 2, 320);
        await CoolAsync(rig);
        Assert.Equal(320, (await CycleGrainsAsync(rig)).InCycle);
        await rig.DelayAsync(Moment);
        await rig.WriteAsync(700, 3);
        await RestartAsync(rig, losePower);

        (long inCycle, long sent) = await CycleGrainsAsync(rig);
        Assert.Equal(16, inCycle);
        Assert.Equal(16, sent);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Theory]
    [Rule("P-4")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_death_in_the_first_copy_costs_what_was_copied_since_the_last_tick(bool losePower) => Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, Grains);
            await CoolAsync(rig);
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(50);
            await rig.ConnectAsync();
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).UncopiedGrains < Grains / 2);
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            long copied = Grains - (await rig.Source.GetStatusAsync()).UncopiedGrains;
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            rig.B.Faults.Repair();
            await RestartAsync(rig, losePower);
            Assert.InRange((await CycleGrainsAsync(rig)).Sent, 1, Grains - (copied / 2));
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromMilliseconds(500), WindowBytes = 1 << 16, RunBytes = 1 << 16 });

    [Fact]
    [Rule("P-4")]
    public void A_cycle_that_ends_each_second_does_not_keep_regions_hot() => Run(async rig =>
    {
        await rig.ConnectAsync();
        await rig.CycleAsync();
        for (int round = 0; round < 30; round++)
        {
            await rig.WriteAsync(round * 64, (byte)round);
            await rig.CycleAsync();
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
        }

        await RestartAsync(rig, losePower: false);
        Assert.InRange((await CycleGrainsAsync(rig)).InCycle, 0, 16 * 16);
    });

    [Fact]
    [Rule("P-5")]
    public void What_a_comparison_found_different_stays_different_after_a_kill() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 7, Grains);
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            rig.D.Preload(0, rig.Content(rig.A).AsSpan(0, 1000 * FlashcopyRig.GrainBytes));
            bool isCompared = false;
            rig.EventSeen = seen => isCompared |= seen.Id == PairEventId.Compared;
            rig.Join();

            // The pages that a tick writes while site 2's hashes are on their way say "equal" of grains that are not.
            await rig.UntilAsync(() => Task.FromResult(isCompared));
            await RestartAsync(rig, losePower: false);
            await CycleGrainsAsync(rig);
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        grains: Grains,
        prepare: rig =>
        {
            rig.NeedsComparison = true;
            rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromMilliseconds(1) };
        });

    private static void Run(Func<FlashcopyRig, Task> body, Action<FlashcopyRig>? prepare = null) => FlashcopyRig.Run(body, grains: Grains, prepare: prepare);

    // Long enough for every region that nobody uses to go cold, by ticks of ten seconds.
    private static Task CoolAsync(FlashcopyRig rig) => rig.DelayAsync(TimeSpan.FromSeconds(25));

    private static async Task<(long InCycle, long Sent)> CycleGrainsAsync(FlashcopyRig rig)
    {
        long before = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.Source.StartCycleAsync(supersede: false);
        long inCycle = (await rig.Source.GetStatusAsync()).CycleGrains;
        CycleOutcome? outcome = await rig.Source.WaitCycleAsync();
        Assert.True(outcome is null or { IsCommitted: true });
        return (inCycle, (await rig.Source.GetStatusAsync()).SentGrains - before);
    }

    private static async Task RestartAsync(FlashcopyRig rig, bool losePower)
    {
        rig.KillSite1(losePower);
        await rig.OpenSourceAsync();
        await rig.ConnectAsync();
    }
}

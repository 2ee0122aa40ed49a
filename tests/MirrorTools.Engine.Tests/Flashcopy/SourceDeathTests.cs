using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What site 1 finds after its death: no map page that says more than its storages hold (F-18), and no more to send than what is not known to be equal (F-19).</summary>
public sealed class SourceDeathTests
{
    [Theory]
    [Rule("F-18")]
    [Rule("P-5")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_the_maps_say_of_a_cold_region_is_so_after_a_power_cut(int seed) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();

            // Grains 8 to 15 get into B and not onto C; no host flushes anything.
            await rig.WriteAsync(8, 2, 8);
            rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.UntilAsync(() => rig.SourceBitAsync(SourceMapKind.InB, 15));
            await rig.DelayAsync(TimeSpan.FromSeconds(10));
            await RestartAsync(rig);
            Assert.DoesNotContain(rig.Events1, seen => seen.Id == PairEventId.UncleanStart);
            Assert.True(await rig.SourceBitAsync(SourceMapKind.InB, 15));
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        (ulong)seed,
        prepare: rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromSeconds(2) });

    // A grain that gets into B while B is flushed is not covered by that flush, and no hot region speaks of B.
    [Theory]
    [Rule("F-18")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_map_page_never_claims_a_grain_that_came_while_B_was_flushed(int seed)
    {
        for (int strikeMs = 20; strikeMs < 420; strikeMs += 37)
        {
            FlashcopyRig.Run(
                async rig =>
                {
                    await rig.WriteAsync(0, 1, 64);
                    await rig.ConnectAsync();
                    await rig.CycleAsync();
                    await rig.WriteAsync(0, 2, 64);
                    await rig.DelayAsync(TimeSpan.FromSeconds(1));
                    rig.Cut();
                    await rig.UntilAsync(async () => !(await rig.Source.GetStatusAsync()).IsConnected);
                    rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(5);
                    await rig.Source.StartCycleAsync(supersede: false);
                    await rig.DelayAsync(TimeSpan.FromMilliseconds(strikeMs));
                    await RestartAsync(rig);
                    await rig.ConnectAsync();
                    await rig.CycleAsync();
                    Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
                },
                (ulong)seed,
                prepare: rig => rig.Options = rig.Options with
                {
                    CoolingInterval = TimeSpan.FromMilliseconds(15),
                    RunBytes = FlashcopyRig.GrainBytes,
                    WindowBytes = FlashcopyRig.GrainBytes,
                });
        }
    }

    [Theory]
    [Rule("F-19")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_point_that_nobody_decided_is_given_up_and_what_is_known_to_be_equal_is_not_sent_again(bool losePower) => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong first = await rig.CycleAsync();
        await rig.WriteAsync(0, 2, 6);
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        ulong undecided = await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);

        // Changed after they were copied, and cold since: only the future bits in the map pages know of them.
        await rig.WriteAsync(33, 3, 2);
        await rig.DelayAsync(TimeSpan.FromSeconds(25));
        await RestartAsync(rig, losePower);
        Assert.Equal(PairError.InDoubt, (await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: false))).Error);

        await rig.ConnectAsync();
        Assert.Equal(first, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        Assert.True(await rig.CycleAsync() > undecided);
        SourceStatus status = await rig.Source.GetStatusAsync();
        Assert.DoesNotContain(status.RecentPoints, point => point.Number == undecided);
        Assert.InRange(status.SentGrains, 2, 8);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    private static async Task RestartAsync(FlashcopyRig rig, bool losePower = true)
    {
        rig.KillSite1(losePower);
        rig.B.Faults.Repair();
        await rig.OpenSourceAsync();
    }
}

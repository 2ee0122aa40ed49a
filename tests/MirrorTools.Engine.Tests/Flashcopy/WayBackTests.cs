using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The way back after a recovery, and a second failover: what is sent, and what is taken for the content of a grain (F-16, P-1).</summary>
public sealed class WayBackTests
{
    [Fact]
    [Rule("F-16")]
    [Rule("F-23")]
    [Rule("P-4")]
    public void The_way_back_sends_only_what_may_differ_and_a_second_failover_works() => FlashcopyRig.Run(async rig =>
    {
        (byte[] expected, MirrorSource two) = await rig.FailOverAsync(losePower: false);
        rig.C.Faults.Repair();
        await rig.FillAsync(two.Volume, 0, 9);
        await rig.WriteAsync(30, 8);

        // The old source hears of the newer generation: its hosts are refused.
        rig.Meet(rig.Source, two);
        await rig.StateAsync(SourceState.Suspended);
        Assert.Equal(BlockDeviceFault.ReadOnly, (await Assert.ThrowsAsync<BlockDeviceException>(() => rig.WriteAsync(31, 8))).Fault);
        Assert.Equal(PairError.SplitBrain, (await Assert.ThrowsAsync<PairException>(() => rig.Source.ResumeAsync())).Error);

        // Grains 20 to 24: uncommitted at the failover. 30: written at site 1 since. 0: written at site 2 since.
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
        await rig.JoinAsync(two, one);
        long sent = await rig.CycleAsync(two);
        Assert.Equal(7, sent);
        expected = await rig.ReadImageAsync(two.Volume);
        Assert.Equal(expected, await rig.ReadImageAsync(one.Image));
        Assert.Equal(9, expected[0]);
        Assert.Equal(1, expected[(int)rig.Geometry.OffsetOf(30)]);

        // And back again.
        await rig.FillAsync(two.Volume, 50, 4);
        rig.SourceEnd.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await one.RecoverAsync(force: false);
        MirrorSource home = await MirrorSource.OpenAsync(rig.Parts1());
        Assert.Equal(expected, await rig.ReadImageAsync(home.Volume));
        await rig.FillAsync(home.Volume, 51, 5);
        rig.Meet(two, home);
        await rig.UntilAsync(async () => (await two.GetStatusAsync()).State == SourceState.Suspended);
        await two.BecomeTargetAsync((await home.GetStatusAsync()).Generations);
        MirrorTarget again = await MirrorTarget.OpenAsync(rig.Parts2());
        await rig.JoinAsync(home, again);
        Assert.Equal(2, await rig.CycleAsync(home));
        Assert.Equal(await rig.ReadImageAsync(home.Volume), await rig.ReadImageAsync(again.Image));
    });

    [Fact]
    [Rule("P-1")]
    [Rule("F-16")]
    [Rule("F-29")]
    public void A_first_intermediate_that_was_lent_is_no_source_of_grains_after_two_failovers() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.Source.LendFirstIntermediateAsync();
        byte[] foreign = new byte[FlashcopyRig.GrainBytes];
        foreign.AsSpan().Fill(0xEE);
        for (long grain = 0; grain < 64; grain++)
        {
            rig.B.Preload(rig.Geometry.OffsetOf(grain), foreign);
        }

        await rig.Source.ReturnFirstIntermediateAsync();
        await GoAndComeBackAsync(rig, 3);
    });

    [Fact]
    [Rule("P-1")]
    [Rule("F-18")]
    [Rule("F-21")]
    public void A_grain_that_was_lost_at_site_2_is_no_source_of_grains_after_a_failover() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();

        // The region of grain 3 is hot at site 2 when its power goes: what C holds there is not known.
        await rig.WriteAsync(4, 2);
        await rig.CycleAsync();
        await rig.SettledAsync();
        rig.KillSite2(losePower: true);
        byte[] torn = new byte[FlashcopyRig.GrainBytes];
        torn.AsSpan().Fill(0xEE);
        rig.C.Preload(rig.Geometry.OffsetOf(3), torn);
        await rig.OpenTargetAsync();
        rig.Join();
        await rig.WriteAsync(50, 3);
        await rig.CycleAsync();
        await rig.SettledAsync();

        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.WriteAsync(3, 9);
        await rig.Target.RecoverAsync(force: false);
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        rig.Meet(rig.Source, two);
        await rig.StateAsync(SourceState.Suspended);
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
        await rig.JoinAsync(two, one);
        await rig.CycleAsync(two);
        Assert.Equal(await rig.ReadImageAsync(two.Volume), await rig.ReadImageAsync(one.Image));
    });

    // Site 2 takes over and site 1 becomes its copy; site 1 takes over again while site 2 writes the grain by itself, and site 2 becomes the copy.
    private static async Task GoAndComeBackAsync(FlashcopyRig rig, int grain)
    {
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.Target.RecoverAsync(force: false);
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        rig.Meet(rig.Source, two);
        await rig.StateAsync(SourceState.Suspended);
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
        await rig.JoinAsync(two, one);
        await rig.CycleAsync(two);
        rig.SourceEnd.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.FillAsync(two.Volume, grain, 9);
        await one.RecoverAsync(force: false);
        MirrorSource home = await MirrorSource.OpenAsync(rig.Parts1());
        rig.Meet(two, home);
        await rig.UntilAsync(async () => (await two.GetStatusAsync()).State == SourceState.Suspended);
        await two.BecomeTargetAsync((await home.GetStatusAsync()).Generations);
        MirrorTarget again = await MirrorTarget.OpenAsync(rig.Parts2());
        await rig.JoinAsync(home, again);
        await rig.CycleAsync(home);
        Assert.Equal(await rig.ReadImageAsync(home.Volume), await rig.ReadImageAsync(again.Image));
    }
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Two sides that hold different generations of the pair: who serves hosts, and who decides (F-23, P-6).</summary>
public sealed class GenerationTests
{
    [Fact]
    [Rule("P-6")]
    [Rule("F-23")]
    public void A_source_that_knows_of_a_newer_generation_refuses_hosts_after_a_restart_too() => FlashcopyRig.Run(async rig =>
    {
        (_, MirrorSource two) = await rig.FailOverAsync();
        rig.Meet(rig.Source, two);
        await rig.StateAsync(SourceState.Suspended);
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        rig.KillSite1();
        await rig.OpenSourceAsync();
        await Assert.ThrowsAsync<BlockDeviceException>(() => rig.WriteAsync(31, 8));
    });

    [Fact]
    [Rule("P-6")]
    [Rule("F-23")]
    public void A_suspended_source_that_hears_of_a_newer_generation_remembers_it() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.Source.SuspendAsync();
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.Target.RecoverAsync(force: false);
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        rig.Meet(rig.Source, two);
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).Suspended == SuspendReason.OldGeneration);
        rig.KillSite1();
        await rig.OpenSourceAsync();
        await Assert.ThrowsAsync<BlockDeviceException>(() => rig.WriteAsync(31, 8));
    });

    [Fact]
    [Rule("F-23")]
    public void Two_sides_that_both_went_on_keep_what_they_have_until_an_admin_decides() => FlashcopyRig.Run(async rig =>
    {
        (_, MirrorSource two) = await rig.FailOverAsync(losePower: false);
        rig.C.Faults.Repair();
        await rig.FillAsync(two.Volume, 0, 9);
        await rig.WriteAsync(30, 8);

        // The admin of site 1 went on as well, without asking.
        await rig.Source.PromoteAsync();
        await rig.Source.DisposeAsync();
        await rig.OpenSourceAsync();
        rig.Meet(rig.Source, two);
        await rig.UntilAsync(async () =>
        {
            return (await rig.Source.GetStatusAsync()).Suspended != SuspendReason.None && (await two.GetStatusAsync()).Suspended != SuspendReason.None;
        });
        Assert.Equal(SuspendReason.SplitBrain, (await rig.Source.GetStatusAsync()).Suspended);
        Assert.Equal(SuspendReason.SplitBrain, (await two.GetStatusAsync()).Suspended);
        PairEvent told = rig.Events1.Last(seen => seen.Id == PairEventId.SplitBrain);
        Assert.Equal(2, told.Arguments.Select(argument => argument.Value).Distinct().Count());
        Assert.Equal(PairError.SplitBrain, (await Assert.ThrowsAsync<PairException>(() => rig.Source.ResumeAsync())).Error);
        Assert.Equal(PairError.SplitBrain, (await Assert.ThrowsAsync<PairException>(() => two.ResumeAsync())).Error);
        Assert.Equal(8, rig.Peek(rig.A, 30));
        Assert.Equal(9, (await rig.ReadImageAsync(two.Volume))[0]);

        // What site 2 wrote is given up: site 1 is promoted, site 2 becomes its copy; only what may differ is sent.
        await rig.Source.PromoteAsync();
        GenerationHistory history = (await rig.Source.GetStatusAsync()).Generations;
        await rig.Source.DisposeAsync();
        await rig.OpenSourceAsync();
        await two.BecomeTargetAsync(history);
        await rig.OpenTargetAsync();
        await rig.ConnectAsync();
        Assert.True(await rig.CycleAsync(rig.Source) < 64);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });
}

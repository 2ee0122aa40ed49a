using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Disks;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What a comparison by hash proves: that the next commit shows the source, and that C and D agree where the maps say so.</summary>
public sealed class ComparisonTests
{
    [Fact]
    [Rule("F-1")]
    [Rule("F-16")]
    [Rule("P-1")]
    public void After_a_seeded_start_C_is_a_first_intermediate_for_a_recovered_side() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(0, (await rig.Source.GetStatusAsync()).SentGrains);
            rig.Cut();
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            await rig.WriteAsync(3, 9);
            await rig.Target.RecoverAsync(force: false);
            MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
            await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
            MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
            rig.Join(two, one);
            await rig.UntilAsync(async () => (await two.GetStatusAsync()).IsConnected);
            ulong point = await two.StartCycleAsync(supersede: false);
            await rig.UntilAsync(async () => (await two.GetStatusAsync()).LastCommitted.Number >= point);

            // C was never written when nothing had to be sent: what it had was taken for the grain that site 1 changed.
            Assert.Equal(await rig.ReadImageAsync(two.Volume), await rig.ReadImageAsync(one.Image));
            Assert.Equal(7, rig.Peek(rig.A, 5));
        },
        prepare: Seed);

    [Fact]
    [Rule("P-1")]
    public void A_grain_that_C_holds_for_no_point_is_compared_as_the_next_commit_would_show_it() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 7, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        byte[] committed = rig.Content(rig.A);

        // A point that is never committed brings grain 3; then the source is set back to what was committed, behind the pair's back.
        await rig.WriteAsync(3, 8);
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);
        Assert.Equal(8, rig.Peek(rig.C, 3));
        await rig.Source.DisposeAsync();
        rig.A.Preload(0, committed);
        await CompareAnewAsync(rig);
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        await rig.SettledAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.D));
    });

    [Fact]
    [Rule("F-16")]
    [Rule("F-21")]
    public void What_C_lost_and_a_comparison_proved_is_in_C_again() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 7, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.Source.DisposeAsync();

        // All regions are hot at site 2 as its power goes, and C has torn grains.
        rig.KillSite2(losePower: true);
        rig.C.Preload(rig.Geometry.OffsetOf(3), new byte[FlashcopyRig.GrainBytes]);
        await rig.OpenTargetAsync();
        Assert.True(rig.Target.Maps.Lost[3]);
        await CompareAnewAsync(rig);
        Assert.False(rig.Target.Maps.Lost[3]);
        Assert.Equal(rig.Content(rig.D), rig.Content(rig.C));
        await rig.CycleAsync();
        Assert.Equal(0, (await rig.Source.GetStatusAsync()).SentGrains);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Theory]
    [Rule("P-7")]
    [InlineData("A", SuspendReason.SourceUnreadable)]
    [InlineData("C", SuspendReason.SecondIntermediateFailed)]
    [InlineData("D", SuspendReason.TargetFailed)]
    public void A_storage_that_fails_in_a_comparison_suspends_the_pair_by_its_name(string storage, SuspendReason reason) => FlashcopyRig.Run(
        async rig =>
        {
            SimDisk disk = storage == "A" ? rig.A : storage == "C" ? rig.C : rig.D;
            disk.Faults.FailingReads = int.MaxValue;
            rig.Join();
            await rig.StateAsync(SourceState.Suspended);
            Assert.Equal(reason, (await rig.Source.GetStatusAsync()).Suspended);
            disk.Faults.Repair();
            if (storage != "A")
            {
                await rig.Target.DisposeAsync();
                await rig.OpenTargetAsync();
            }

            await rig.Source.ResumeAsync();
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(0, (await rig.Source.GetStatusAsync()).SentGrains);
        },
        prepare: Seed);

    private static void Seed(FlashcopyRig rig)
    {
        byte[] content = new byte[rig.Geometry.LengthBytes];
        content.AsSpan().Fill(7);
        rig.A.Preload(0, content);
        rig.D.Preload(0, content);
        rig.NeedsComparison = true;
    }

    // As the agent does where a storage of site 1 was written while the pair was closed.
    private static async Task CompareAnewAsync(FlashcopyRig rig)
    {
        await rig.DistrustAsync(rig.Metadata1, rig.Site1);
        await rig.OpenSourceAsync();
        await rig.ConnectAsync();
    }
}

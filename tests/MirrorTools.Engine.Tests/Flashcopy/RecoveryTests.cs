using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Recovery at site 2, the way back, and a second failover (F-16); what two sides that both went on do (F-23, P-6).</summary>
public sealed class RecoveryTests
{
    [Fact]
    [Rule("F-16")]
    public void A_recovered_image_is_writable_at_once_and_a_write_restores_its_grain_first() => FlashcopyRig.Run(async rig =>
    {
        (byte[] committed, FlashcopySource recovered) = await FailOverAsync(rig);
        Assert.False((await recovered.SnapshotAsync(SourceMapKind.InB))[2]);
        byte[] half = new byte[512];
        half.AsSpan().Fill(9);
        await recovered.Volume.WriteAsync(rig.Geometry.OffsetOf(2) + 1024, half, WriteOptions.None, CancellationToken.None);
        half.CopyTo(committed.AsSpan((int)rig.Geometry.OffsetOf(2) + 1024));
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));

        rig.C.Faults.Repair();
        await rig.UntilAsync(() => Task.FromResult(committed.AsSpan().SequenceEqual(rig.Content(rig.D))));
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));
    });

    [Fact]
    [Rule("F-16")]
    public void A_recovery_write_that_does_not_restore_its_grain_first_is_seen() => FlashcopyRig.Run(
        async rig =>
        {
            (byte[] committed, FlashcopySource recovered) = await FailOverAsync(rig);
            byte[] half = new byte[512];
            half.AsSpan().Fill(9);
            await recovered.Volume.WriteAsync(rig.Geometry.OffsetOf(2) + 1024, half, WriteOptions.None, CancellationToken.None);
            half.CopyTo(committed.AsSpan((int)rig.Geometry.OffsetOf(2) + 1024));
            await rig.DelayAsync(TimeSpan.FromMinutes(2));
            Assert.NotEqual(committed, await rig.ReadImageAsync(recovered.Volume));
        },
        prepare: rig => rig.Faults = new FlashcopyFaults { WriteUnrestoredGrains = true });

    [Theory]
    [Rule("F-16")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_recovered_site_that_loses_power_keeps_what_its_hosts_flushed(int seed) => FlashcopyRig.Run(
        async rig =>
        {
            (byte[] expected, FlashcopySource recovered) = await FailOverAsync(rig);
            rig.C.Faults.Repair();
            for (int grain = 0; grain < 8; grain += 2)
            {
                await rig.FillAsync(recovered.Volume, grain, 9);
                expected.AsSpan((int)rig.Geometry.OffsetOf(grain), FlashcopyRig.GrainBytes).Fill(9);
            }

            await recovered.Volume.FlushAsync(CancellationToken.None);
            rig.KillSite2(losePower: true);
            recovered = await FlashcopySource.OpenAsync(rig.Parts2());
            Assert.Equal(expected, await rig.ReadImageAsync(recovered.Volume));
        },
        (ulong)seed);

    [Fact]
    [Rule("F-16")]
    [Rule("F-23")]
    [Rule("P-4")]
    public void The_way_back_sends_only_what_may_differ_and_a_second_failover_works() => FlashcopyRig.Run(async rig =>
    {
        (byte[] expected, FlashcopySource two) = await FailOverAsync(rig, losePower: false);
        rig.C.Faults.Repair();
        await rig.FillAsync(two.Volume, 0, 9);
        await rig.WriteAsync(30, 8);

        // The old source hears of the newer generation: its hosts are refused.
        Meet(rig, rig.Source, two);
        await rig.StateAsync(SourceState.Suspended);
        Assert.Equal(BlockDeviceFault.ReadOnly, (await Assert.ThrowsAsync<BlockDeviceException>(() => rig.WriteAsync(31, 8))).Fault);
        Assert.Equal(PairError.SplitBrain, (await Assert.ThrowsAsync<PairException>(() => rig.Source.ResumeAsync())).Error);

        // Grains 20 to 24: uncommitted at the failover. 30: written at site 1 since. 0: written at site 2 since.
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        FlashcopyTarget one = await FlashcopyTarget.OpenAsync(rig.Parts1());
        await JoinAsync(rig, two, one);
        long sent = await CycleAsync(rig, two);
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
        FlashcopySource home = await FlashcopySource.OpenAsync(rig.Parts1());
        Assert.Equal(expected, await rig.ReadImageAsync(home.Volume));
        await rig.FillAsync(home.Volume, 51, 5);
        Meet(rig, two, home);
        await rig.UntilAsync(async () => (await two.GetStatusAsync()).State == SourceState.Suspended);
        await two.BecomeTargetAsync((await home.GetStatusAsync()).Generations);
        FlashcopyTarget again = await FlashcopyTarget.OpenAsync(rig.Parts2());
        await JoinAsync(rig, home, again);
        Assert.Equal(2, await CycleAsync(rig, home));
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
        FlashcopySource two = await FlashcopySource.OpenAsync(rig.Parts2());
        Meet(rig, rig.Source, two);
        await rig.StateAsync(SourceState.Suspended);
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        FlashcopyTarget one = await FlashcopyTarget.OpenAsync(rig.Parts1());
        await JoinAsync(rig, two, one);
        await CycleAsync(rig, two);
        Assert.Equal(await rig.ReadImageAsync(two.Volume), await rig.ReadImageAsync(one.Image));
    });

    // Site 2 takes over and site 1 becomes its copy; site 1 takes over again while site 2 writes the grain by itself, and site 2 becomes the copy.
    private static async Task GoAndComeBackAsync(FlashcopyRig rig, int grain)
    {
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.Target.RecoverAsync(force: false);
        FlashcopySource two = await FlashcopySource.OpenAsync(rig.Parts2());
        Meet(rig, rig.Source, two);
        await rig.StateAsync(SourceState.Suspended);
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        FlashcopyTarget one = await FlashcopyTarget.OpenAsync(rig.Parts1());
        await JoinAsync(rig, two, one);
        await CycleAsync(rig, two);
        rig.SourceEnd.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.FillAsync(two.Volume, grain, 9);
        await one.RecoverAsync(force: false);
        FlashcopySource home = await FlashcopySource.OpenAsync(rig.Parts1());
        Meet(rig, two, home);
        await rig.UntilAsync(async () => (await two.GetStatusAsync()).State == SourceState.Suspended);
        await two.BecomeTargetAsync((await home.GetStatusAsync()).Generations);
        FlashcopyTarget again = await FlashcopyTarget.OpenAsync(rig.Parts2());
        await JoinAsync(rig, home, again);
        await CycleAsync(rig, home);
        Assert.Equal(await rig.ReadImageAsync(home.Volume), await rig.ReadImageAsync(again.Image));
    }

    [Fact]
    [Rule("P-6")]
    [Rule("F-23")]
    public void A_source_that_knows_of_a_newer_generation_refuses_hosts_after_a_restart_too() => FlashcopyRig.Run(async rig =>
    {
        (_, FlashcopySource two) = await FailOverAsync(rig);
        Meet(rig, rig.Source, two);
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
        FlashcopySource two = await FlashcopySource.OpenAsync(rig.Parts2());
        Meet(rig, rig.Source, two);
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).Suspended == SuspendReason.OldGeneration);
        rig.KillSite1();
        await rig.OpenSourceAsync();
        await Assert.ThrowsAsync<BlockDeviceException>(() => rig.WriteAsync(31, 8));
    });

    [Fact]
    [Rule("F-23")]
    public void Two_sides_that_both_went_on_keep_what_they_have_until_an_admin_decides() => FlashcopyRig.Run(async rig =>
    {
        (_, FlashcopySource two) = await FailOverAsync(rig, losePower: false);
        rig.C.Faults.Repair();
        await rig.FillAsync(two.Volume, 0, 9);
        await rig.WriteAsync(30, 8);

        // The admin of site 1 went on as well, without asking.
        await rig.Source.PromoteAsync();
        await rig.Source.DisposeAsync();
        await rig.OpenSourceAsync();
        Meet(rig, rig.Source, two);
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
        Assert.True(await CycleAsync(rig, rig.Source) < 64);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-16")]
    [Rule("P-7")]
    public void A_pinned_image_does_not_hold_a_recovery_up() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong point = await rig.CycleAsync();
        PinnedPoint pin = await rig.Target.PinAsync();
        await rig.WriteAsync(0, 2);
        ulong next = await rig.CycleAsync();
        rig.Cut();
        CommittedPoint recovered = await rig.Target.RecoverAsync(force: true);
        Assert.Equal(next, recovered.Number);
        Assert.Equal(point, pin.Point.Number);
        await pin.DisposeAsync();
    });

    [Fact]
    [Rule("F-16")]
    public void Recovery_is_refused_while_the_source_is_connected() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        PairException refused = await Assert.ThrowsAsync<PairException>(() => rig.Target.RecoverAsync(force: false));
        Assert.Equal(PairError.SourceStillReachable, refused.Error);
        await rig.Target.RecoverAsync(force: true);
    });

    // Two commits, the second of which D does not have yet, and data of an uncommitted point in C; then the link is lost for good.
    private static async Task<(byte[] Committed, FlashcopySource Recovered)> FailOverAsync(FlashcopyRig rig, bool losePower = true)
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.WriteAsync(0, 2, 10);
        rig.D.Faults.ExtraLatency = TimeSpan.FromSeconds(20);
        ulong point = await rig.CycleAsync();
        byte[] committed = rig.Content(rig.A);
        await rig.WriteAsync(20, 3, 5);
        rig.SourceEnd.Swallowed.Add(FlashcopyMessage.Complete);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);
        Assert.Equal(3, rig.Peek(rig.C, 22));
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        if (losePower)
        {
            // D takes nothing while the target is open: the second flashcopy is left to the recovered side.
            rig.KillSite2(losePower: true);
            rig.D.Faults.Repair();
            rig.D.Faults.FailingWrites = int.MaxValue;
            await rig.OpenTargetAsync();
        }

        CommittedPoint recovered = await rig.Target.RecoverAsync(force: false);
        Assert.Equal(point, recovered.Number);
        rig.D.Faults.Repair();

        // The background copy takes its time; a host's write to D would be quicker.
        rig.C.Faults.ExtraLatency = TimeSpan.FromSeconds(20);
        FlashcopySource source = await FlashcopySource.OpenAsync(rig.Parts2());
        if (!losePower)
        {
            Assert.Equal(committed, await rig.ReadImageAsync(source.Volume));
        }

        return (committed, source);
    }

    private static void Meet(FlashcopyRig rig, FlashcopySource first, FlashcopySource second)
    {
        (TestChannel left, TestChannel right) = TestChannel.Pair(rig.PairId, rig.PairId);
        second.Attach(right);
        first.Attach(left);
    }

    private static async Task JoinAsync(FlashcopyRig rig, FlashcopySource source, FlashcopyTarget target)
    {
        rig.Join(source, target);
        await rig.UntilAsync(async () => (await source.GetStatusAsync()).IsConnected);
    }

    private static async Task<long> CycleAsync(FlashcopyRig rig, FlashcopySource source)
    {
        long before = (await source.GetStatusAsync()).SentGrains;
        ulong point = await source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await source.GetStatusAsync()).LastCommitted.Number >= point);
        return (await source.GetStatusAsync()).SentGrains - before;
    }
}

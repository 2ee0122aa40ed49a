using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The link or site 2 is gone for a while (F-20, F-21).</summary>
public sealed class LinkLossTests
{
    private const ushort GrainData = 6;

    // A side that changes its role is closed and opened anew; a channel that came meanwhile was kept by the closed one, and the other side waited on it for ever.
    [Fact]
    [Rule("F-20")]
    public void A_channel_that_comes_to_a_side_that_was_closed_is_closed_too() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.ConnectAsync();
            await rig.Target.DisposeAsync();
            rig.Join();
            await rig.SourceEnd.Closed;
            await rig.Source.DisposeAsync();
            rig.Join();
            await rig.TargetEnd.Closed;
        });

    [Fact]
    [Rule("F-20")]
    public void A_cut_in_mid_cycle_is_followed_by_what_is_missing_only_and_hosts_go_on() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            rig.C.Faults.ExtraLatency = TimeSpan.FromMilliseconds(5);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).UncopiedGrains < 40);
            rig.Cut();
            await rig.WriteAsync(1, 9);
            await rig.WriteAsync(62, 9);
            long arrived = (await rig.Source.SnapshotAsync(SourceMapKind.OnC)).CountSet();
            Assert.InRange(arrived, 1, 63);

            await rig.ConnectAsync();
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);

            long sentAgain = rig.SourceEnd.Sent.Where(message => message.Kind == GrainData).Sum(message => message.GrainCount);
            Assert.Equal(64 - arrived, sentAgain);
            Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(1, value));
        },
        prepare: rig => rig.Options = rig.Options with { RunBytes = FlashcopyRig.GrainBytes });

    // The runs have left site 1 and never arrive.
    [Fact]
    [Rule("F-20")]
    public void Runs_that_were_on_their_way_when_the_link_was_cut_are_sent_again() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.WriteAsync(10, 2, 8);
            rig.SourceEnd.Swallowed.Add(GrainData);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.UntilAsync(() => Task.FromResult(rig.SourceEnd.Sent.Where(sent => sent.Kind == GrainData).Sum(sent => sent.GrainCount) == 64 + 8));
            rig.Cut();
            await rig.UntilAsync(async () => !(await rig.Source.GetStatusAsync()).IsConnected);
            Assert.Equal(56, (await rig.Source.SnapshotAsync(SourceMapKind.OnC)).CountSet());
            await rig.ConnectAsync();
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { RunBytes = FlashcopyRig.GrainBytes });

    // Site 2 never answers for the runs of the first point: the second one must not wait for that.
    [Fact]
    [Rule("F-12")]
    [Rule("F-20")]
    public void Runs_of_a_superseded_point_that_were_not_acknowledged_are_sent_again_for_the_next() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(10, 2, 8);
        rig.TargetEnd.Swallowed.Add(MirrorMessage.Acknowledge);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => Task.FromResult(rig.SourceEnd.Sent.Where(sent => sent.Kind == GrainData).Sum(sent => sent.GrainCount) == 64 + 8));
        ulong point = await rig.Source.StartCycleAsync(supersede: true);
        rig.TargetEnd.Swallowed.Clear();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [Rule("F-21")]
    public void After_site_2_restarts_what_it_does_not_hold_durably_is_sent_again_from_B(int seed, bool losePower) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.WriteAsync(0, 2, 64);
            rig.C.Faults.ExtraLatency = TimeSpan.FromMilliseconds(5);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).UncopiedGrains < 30);
            rig.KillSite2(losePower);
            await rig.UntilAsync(async () => (await rig.Source.SnapshotAsync(SourceMapKind.InB)).CountSet() == 64);
            await rig.WriteAsync(0, 3, 64);
            await rig.OpenTargetAsync();
            await rig.ConnectAsync();
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(2, value));
        },
        seed: (ulong)seed,
        prepare: rig => rig.Options = rig.Options with { RunBytes = FlashcopyRig.GrainBytes });

    // The grains are on C and their regions have gone cold: nothing but the map pages speaks of them when the power goes.
    [Theory]
    [Rule("F-18")]
    [Rule("F-21")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_the_maps_say_of_a_cold_region_of_C_is_so_after_a_power_cut(int seed) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.SettledAsync();
            await rig.WriteAsync(0, 2, 64);
            rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.StateAsync(SourceState.Completing);
            await rig.DelayAsync(TimeSpan.FromSeconds(10));
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            await rig.ConnectAsync();
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(2, value));
        },
        (ulong)seed,
        prepare: rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromSeconds(2) });

    [Fact]
    [Rule("F-21")]
    [Rule("F-6")]
    public void A_grain_in_B_never_holds_a_host_because_site_2_lost_it() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.Source.StartCycleAsync(supersede: false);
            rig.KillSite2(losePower: true);
            await rig.UntilAsync(async () => (await rig.Source.SnapshotAsync(SourceMapKind.InB)).CountSet() == 64);
            DateTimeOffset before = rig.Scheduler.UtcNow;
            await rig.WriteAsync(33, 2);
            Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(1));
        },
        prepare: rig => rig.Options = rig.Options with { WritePolicy = MirrorTools.Engine.Flashcopy.WritePolicy.CopyOnWrite });
}

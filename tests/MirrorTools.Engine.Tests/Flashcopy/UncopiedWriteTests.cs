using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Writes that meet a grain which is still to be copied (figures 3 to 6, F-5 to F-7, F-27, F-30).</summary>
public sealed class UncopiedWriteTests
{
    private const ushort Acknowledge = 8;
    private const ushort GrainData = 6;

    [Fact]
    [Rule("F-5")]
    [Rule("F-7")]
    public void A_write_to_a_copied_grain_goes_straight_to_the_source_and_the_old_content_stays_in_B() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(3, 2);
        Assert.True(await rig.SourceBitAsync(SourceMapKind.Copied, 3));
        Assert.True(await rig.SourceBitAsync(SourceMapKind.Future, 3));
        Assert.Equal(1, rig.Peek(rig.B, 3));
        Assert.Equal(2, rig.Peek(rig.A, 3));
    });

    [Fact]
    [Rule("F-3")]
    public void After_renewal_exactly_the_changed_grains_are_uncopied() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        long[] changed = [10, 11, 12, 13];
        foreach (long grain in changed)
        {
            await rig.WriteAsync(grain, 2);
        }

        rig.B.Faults.ExtraLatency = TimeSpan.FromSeconds(1);
        await rig.Source.StartCycleAsync(supersede: false);
        var copied = await rig.Source.SnapshotAsync(SourceMapKind.Copied);
        Assert.Equal(changed, Enumerable.Range(0, 64).Select(grain => (long)grain).Where(grain => !copied[grain]));
    });

    [Theory]
    [InlineData(WritePolicy.CopyOnWriteLocal)]
    [InlineData(WritePolicy.CopyOnWrite)]
    [InlineData(WritePolicy.Hold)]
    [Rule("F-6")]
    public void The_point_keeps_what_a_write_overwrites(WritePolicy policy) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(20);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(63, 2);
            await rig.WriteAsync(5, 3);
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            byte[] image = await rig.ReadImageAsync(rig.Target.Image);
            Assert.All(image, value => Assert.Equal(1, value));
            Assert.Equal(2, rig.Peek(rig.A, 63));
        },
        prepare: rig => rig.Options = new MirrorOptions { WritePolicy = policy, RunBytes = FlashcopyRig.GrainBytes });

    [Fact]
    [Rule("F-6")]
    public void Without_the_copy_first_the_point_loses_what_was_overwritten() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(20);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(63, 2);
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[^1]);
        },
        prepare: rig =>
        {
            rig.Options = new MirrorOptions { RunBytes = FlashcopyRig.GrainBytes, WindowBytes = FlashcopyRig.GrainBytes };
            rig.Faults = new MirrorFaults { OverwriteUncopiedGrains = true };
        });

    [Theory]
    [InlineData(WritePolicy.CopyOnWrite, true)]
    [InlineData(WritePolicy.CopyOnWriteLocal, false)]
    [Rule("F-6")]
    public void Only_copy_on_write_waits_for_the_other_site_and_not_past_the_deadline(WritePolicy policy, bool waits) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            rig.TargetEnd.Swallowed.Add(Acknowledge);
            await rig.Source.StartCycleAsync(supersede: false);
            DateTimeOffset before = rig.Scheduler.UtcNow;
            await rig.WriteAsync(40, 2);
            TimeSpan waited = rig.Scheduler.UtcNow - before;
            Assert.Equal(waits, waited >= rig.Options.LinkDeadline);
            Assert.True(waited < rig.Options.LinkDeadline + TimeSpan.FromSeconds(1));
            Assert.Equal(waits, rig.Events1.Any(one => one.Id == PairEventId.WritesDegraded));
        },
        prepare: rig => rig.Options = new MirrorOptions { WritePolicy = policy });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("F-6")]
    [Rule("F-30")]
    public void A_held_write_moves_its_grain_to_the_front_unless_the_scan_order_is_kept(bool inScanOrder) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(10);
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(63, 2);
            List<long> order = [.. rig.SourceEnd.Sent.Where(message => message.Kind == GrainData).Select(message => message.FirstGrain)];
            Assert.Equal(inScanOrder, order.IndexOf(63) > 55);
        },
        prepare: rig => rig.Options = new MirrorOptions
        {
            WritePolicy = WritePolicy.Hold,
            HoldInScanOrder = inScanOrder,
            RunBytes = FlashcopyRig.GrainBytes,
            WindowBytes = FlashcopyRig.GrainBytes,
        });

    [Fact]
    [Rule("F-27")]
    public void Merge_begins_a_new_point_that_includes_the_write() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(10);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(63, 2);
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number > point);
            Assert.Contains(rig.Events1, one => one.Id == PairEventId.PointSuperseded);
            Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[^1]);
        },
        prepare: rig => rig.Options = new MirrorOptions
        {
            WritePolicy = WritePolicy.Merge,
            RunBytes = FlashcopyRig.GrainBytes,
            WindowBytes = FlashcopyRig.GrainBytes,
        });

    [Fact]
    [Rule("F-27")]
    public void Merge_acts_as_a_local_copy_while_the_link_is_away() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.WriteAsync(0, 2, 64);
            rig.Cut();
            await rig.UntilAsync(async () => !(await rig.Source.GetStatusAsync()).IsConnected);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(63, 3);
            Assert.Equal(point, (await rig.Source.GetStatusAsync()).Point);
            await rig.ConnectAsync();
            await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[^1]);
        },
        prepare: rig => rig.Options = new MirrorOptions { WritePolicy = WritePolicy.Merge });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("F-7")]
    public void While_a_cycle_lives_a_changed_grain_is_always_in_B(int seed) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            Random random = new(seed);
            for (int cycle = 0; cycle < 4; cycle++)
            {
                ulong point = await rig.Source.StartCycleAsync(supersede: false);
                for (int write = 0; write < 30; write++)
                {
                    await rig.WriteAsync(random.Next(64), (byte)random.Next(2, 200));
                    var future = await rig.Source.SnapshotAsync(SourceMapKind.Future);
                    var inB = await rig.Source.SnapshotAsync(SourceMapKind.InB);
                    Assert.All(Enumerable.Range(0, 64), grain => Assert.True(!future[grain] || inB[grain]));
                }

                await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            }
        },
        seed: (ulong)seed);

    [Fact]
    [Rule("F-7")]
    public void No_write_waits_for_B_to_be_flushed() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.Source.StartCycleAsync(supersede: false);
        long before = rig.B.Counters.Flushes;
        await rig.WriteAsync(40, 2);
        Assert.Equal(before, rig.B.Counters.Flushes);
    });

    [Fact]
    [Rule("F-27")]
    [Rule("F-18")]
    public void A_region_does_not_go_cold_under_a_merged_write_in_flight() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 256);
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            await rig.ConnectAsync();
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(20);
            await rig.Source.StartCycleAsync(supersede: false);
            bool isClosed = false;
            rig.Transition = (machine, _, _, to) =>
            {
                if (machine == "source" && to == nameof(SourceState.ClosingGate))
                {
                    isClosed = true;
                    rig.A.Faults.ExtraLatency = TimeSpan.FromSeconds(3);
                }
            };
            _ = rig.WriteAsync(255, 2);
            await rig.UntilAsync(() => Task.FromResult(isClosed));
            await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
            rig.A.Faults.Repair();
            rig.B.Faults.Repair();
            await rig.DelayAsync(TimeSpan.FromSeconds(2));
            Assert.Equal(1, rig.Peek(rig.A, 255));

            rig.Events1.Clear();
            rig.KillSite1();
            await rig.OpenSourceAsync();
            Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.UncleanStart);
        },
        grains: 256,
        prepare: rig => rig.Options = new MirrorOptions
        {
            WritePolicy = WritePolicy.Merge,
            RunBytes = FlashcopyRig.GrainBytes,
            WindowBytes = FlashcopyRig.GrainBytes,
            CoolingInterval = TimeSpan.FromMilliseconds(400),
        });
}

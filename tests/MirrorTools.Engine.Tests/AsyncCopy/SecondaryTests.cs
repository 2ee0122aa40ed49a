using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>What site 2 prepares, commits and keeps while newer data arrives .</summary>
public sealed class SecondaryTests
{
    [Fact]
    [Rule("A-6")]
    public void A_commit_copies_nothing_however_much_the_point_holds() => AsyncRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 4096);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.WriteAsync(0, 2, 4096);
            await rig.DrainedAsync();
            await rig.DelayAsync(TimeSpan.FromSeconds(5));
            (long writes, long reads) = (rig.S.Counters.Writes + rig.Area.Counters.Writes, rig.S.Counters.Reads + rig.Area.Counters.Reads);
            await rig.CycleAsync();
            await rig.DelayAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(writes, rig.S.Counters.Writes + rig.Area.Counters.Writes);
            Assert.Equal(reads, rig.S.Counters.Reads + rig.Area.Counters.Reads);
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        grains: 4096);

    [Fact]
    [Rule("A-6")]
    [Rule("P-1")]
    public void The_committed_image_stays_as_it_is_while_newer_data_arrives() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        byte[] committed = rig.Content(rig.A);
        for (byte value = 2; value < 6; value++)
        {
            Task<byte[]>[] readers = [.. Enumerable.Range(0, 8).Select(async i =>
            {
                await rig.DelayAsync(TimeSpan.FromMilliseconds(i));
                return await rig.ReadImageAsync(rig.Target.Image);
            })];
            await rig.WriteAsync(8, value, 40);
            await rig.DrainedAsync();
            Assert.All(await Task.WhenAll(readers), seen => Assert.Equal(committed, seen));
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
        }

        AssertGrains(await rig.Target.SnapshotAsync(TargetMapKind.Preserved), 8, 40);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("A-6")]
    [Rule("P-2")]
    public void What_is_overwritten_is_preserved_durably_before(int seed) => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            byte[] committed = rig.Content(rig.A);
            bool isKilled = false;
            int left = 10;
            rig.S.Changed = (_, _) => isKilled |= --left == 0;
            await rig.WriteAsync(8, 2, 40);
            await rig.UntilAsync(() => Task.FromResult(isKilled));
            rig.S.Changed = null;
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
            await rig.ConnectAsync();
            await rig.DrainedAsync();
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
        },
        (ulong)seed,
        prepare: rig => rig.Options = rig.Options with { RunBytes = PairRig.GrainBytes });

    // A reader that has looked still reads the secondary when the grain is preserved.
    [Fact]
    [Rule("A-6")]
    public void A_slow_reader_of_the_committed_image_does_not_see_newer_data() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        byte[] committed = rig.Content(rig.A);
        rig.S.Faults.ExtraLatency = TimeSpan.FromSeconds(1);
        Task<byte[]> reader = rig.ReadImageAsync(rig.Target.Image);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(10));
        rig.S.Faults.ExtraLatency = TimeSpan.Zero;
        await rig.WriteAsync(8, 2, 40);
        await rig.DrainedAsync();
        Assert.Equal(committed, await reader);
    });

    [Fact]
    [Rule("A-6")]
    public void Grains_are_preserved_in_batches() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            long flushes = rig.Area.Counters.Flushes;
            await rig.WriteAsync(0, 2, 1024);
            await rig.DrainedAsync();
            Assert.Equal(1024, rig.Target.Area.Newest.CountSet());
            Assert.InRange(rig.Area.Counters.Flushes - flushes, 1, 100);
        },
        grains: 1024,
        prepare: rig => rig.Options = rig.Options with { RunBytes = PairRig.GrainBytes });

    [Fact]
    [Rule("A-6")]
    public void Site_2_does_not_prepare_a_point_that_it_has_newer_data_than() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.WriteAsync(10, 2);
        await rig.DrainedAsync();
        ulong last = (await rig.Source.GetStatusAsync()).LastCommitted.Number;
        rig.SourceEnd.Forge(new(MirrorMessage.GrainData, 0, 0, last + 100, 40, 1, Guid.Empty), new byte[PairRig.GrainBytes]);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => Task.FromResult(rig.TargetEnd.Sent.Exists(sent => sent.Kind == MirrorMessage.Refused)));
        Assert.Equal(last, (await rig.Target.GetStatusAsync()).LastCommitted.Number);
    });

    [Fact]
    [Rule("A-6")]
    public void A_secondary_that_has_prepared_takes_nothing_newer_before_the_choice() => AsyncRig.RunGroup(async (first, second) =>
    {
        await first.SyncAsync();
        await second.SyncAsync();

        // The lead does not hear that everything is there, so the other member waits for its choice.
        first.TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        await first.WriteAsync(10, 2);
        await second.WriteAsync(10, 2);
        first.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        await first.Source.StartCycleAsync(supersede: false);
        first.TargetEnd.Release();
        await second.UntilAsync(async () => (await second.Target.GetStatusAsync()).State == TargetState.Prepared);
        second.SourceEnd.Forge(new(MirrorMessage.GrainData, 0, 0, 1000, 40, 1, Guid.Empty), new byte[PairRig.GrainBytes]);
        await second.UntilAsync(() => Task.FromResult(second.SourceEnd.Closed.IsCompleted));
        Assert.Equal(1, second.Peek(second.S, 40));
    });

    [Fact]
    [Rule("A-10")]
    public void A_point_that_is_read_stays_as_it_is_while_others_are_committed() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        byte[] committed = rig.Content(rig.A);
        PinnedPoint pinned = await rig.Target.PinAsync();
        for (byte value = 2; value < 5; value++)
        {
            await rig.WriteAsync(value * 4, value, 20);
            await rig.CycleAsync();
            await rig.DrainedAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        }

        Assert.Equal(committed, await rig.ReadImageAsync(pinned.Image));
        Assert.Equal(2, rig.Target.Area.Layers.Count);
        await pinned.DisposeAsync();
        Assert.Single(rig.Target.Area.Layers);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-6")]
    [Rule("P-7")]
    public void A_storage_of_site_2_that_fails_suspends_and_goes_on_once_it_is_opened_anew(bool isArea) => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        byte[] committed = rig.Content(rig.A);
        (isArea ? rig.Area : rig.S).Faults.FailingFlushes = 1;
        await rig.WriteAsync(8, 2, 20);
        await rig.StateAsync(SourceState.Suspended);
        Assert.Equal(isArea ? SuspendReason.SecondIntermediateFailed : SuspendReason.TargetFailed, (await rig.Source.GetStatusAsync()).Suspended);
        await rig.WriteAsync(12, 3, 20);
        await rig.Target.DisposeAsync();
        await rig.OpenTargetAsync();
        Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    // It is the secondary that can't be read, not the area that can't be written.
    [Fact]
    [Rule("P-7")]
    public void A_secondary_that_cannot_be_read_is_named() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.S.Faults.FailingReads = 1;
        await rig.WriteAsync(8, 2, 20);
        await rig.StateAsync(SourceState.Suspended);
        Assert.Equal(SuspendReason.TargetFailed, (await rig.Source.GetStatusAsync()).Suspended);
    });

    private static void AssertGrains(GrainMap map, long first, long count)
    {
        Assert.Equal(count, map.CountSet());
        Assert.True(map.AllSet(new GrainRange(first, count)));
    }
}

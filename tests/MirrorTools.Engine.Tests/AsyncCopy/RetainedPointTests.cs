using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Points that are kept beside the last one .</summary>
public sealed class RetainedPointTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("A-10")]
    [Rule("P-1")]
    public void Each_retained_point_shows_what_it_was_while_newer_data_arrives(int seed) => AsyncRig.Run(
        async rig =>
        {
            SimRandom random = new((ulong)seed);
            Dictionary<ulong, byte[]> points = await TakePointsAsync(rig, random);
            ulong[] kept = [.. points.Keys.Order().TakeLast(3)];
            Assert.Equal(kept[..2], (await rig.Target.GetStatusAsync()).RetainedPoints);
            PairException refusal = await Assert.ThrowsAsync<PairException>(() => rig.Target.PinAsync(points.Keys.Order().First()));
            Assert.Equal(PairError.PointNotKept, refusal.Error);
            await AssertPointsAsync(rig, random, points, kept);

            // Site 2 knows them after a restart.
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            await rig.ConnectAsync();
            await AssertPointsAsync(rig, random, points, kept);

            // A commit ends the oldest one, but not for its reader.
            PinnedPoint pinned = await rig.Target.PinAsync(kept[0]);
            await rig.CycleAsync();
            points[(await rig.Target.GetStatusAsync()).LastCommitted.Number] = rig.Content(rig.A);
            Assert.Equal(kept[1..], (await rig.Target.GetStatusAsync()).RetainedPoints);
            await WriteSomeAsync(rig, random, 99);
            Assert.Equal(points[kept[0]], await rig.ReadImageAsync(pinned.Image));
            await pinned.DisposeAsync();
            await AssertPointsAsync(rig, random, points, [.. points.Keys.Order().TakeLast(3)]);
        },
        (ulong)seed,
        prepare: rig => rig.Options = rig.Options with { RetainPoints = 3 },
        slots: 256);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("A-10")]
    public void A_point_from_the_middle_that_is_removed_leaves_the_older_one_as_it_was(int seed) => AsyncRig.Run(
        async rig =>
        {
            SimRandom random = new((ulong)seed);
            Dictionary<ulong, byte[]> points = await TakePointsAsync(rig, random);
            ulong[] kept = [.. points.Keys.Order().TakeLast(3)];
            PinnedPoint older = await rig.Target.PinAsync(kept[0]);
            await rig.Target.RemovePointAsync(kept[1]);
            Assert.Equal([kept[0]], (await rig.Target.GetStatusAsync()).RetainedPoints);
            Assert.Equal(points[kept[0]], await rig.ReadImageAsync(older.Image));
            await older.DisposeAsync();
            Assert.Equal(2, rig.Target.Area.Layers.Count);
            await AssertPointsAsync(rig, random, points, [kept[0], kept[2]]);
            Assert.Equal(PairError.PointNotKept, (await Assert.ThrowsAsync<PairException>(() => rig.Target.PinAsync(kept[1]))).Error);
            Assert.Equal(PairError.PointNotKept, (await Assert.ThrowsAsync<PairException>(() => rig.Target.RemovePointAsync(kept[1]))).Error);
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            await rig.ConnectAsync();
            await AssertPointsAsync(rig, random, points, [kept[0], kept[2]]);
        },
        (ulong)seed,
        prepare: rig => rig.Options = rig.Options with { RetainPoints = 3 },
        slots: 256);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-10")]
    [Rule("P-7")]
    public void A_full_area_drops_the_oldest_point_that_nobody_reads_and_goes_on(bool isOldestRead) => AsyncRig.Run(
        async rig =>
        {
            Dictionary<ulong, byte[]> points = await FillAreaAsync(rig);
            ulong[] numbers = [.. points.Keys.Order()];
            PinnedPoint? pinned = isOldestRead ? await rig.Target.PinAsync(numbers[0]) : null;
            await rig.WriteAsync(8, 4, 8);
            await rig.DrainedAsync();
            (ulong dropped, ulong left) = isOldestRead ? (numbers[1], numbers[0]) : (numbers[0], numbers[1]);
            PairEvent told = Assert.Single(rig.Events2, static seen => seen.Id == PairEventId.RetainedPointDropped);
            Assert.Equal($"{dropped}", told.Arguments.Single(static argument => argument.Key == "point").Value);
            Assert.Equal([left], (await rig.Target.GetStatusAsync()).RetainedPoints);
            Assert.Equal(SuspendReason.None, (await rig.Source.GetStatusAsync()).Suspended);
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            Assert.Equal(points[numbers[2]], await rig.ReadImageAsync(rig.Target.Image));
            pinned ??= await rig.Target.PinAsync(left);
            Assert.Equal(points[left], await rig.ReadImageAsync(pinned.Image));
            await pinned.DisposeAsync();
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { RetainPoints = 5 },
        slots: 20);

    // The last point is never given up: what it needs more than there is room for stops the mirror, not the hosts.
    [Fact]
    [Rule("A-10")]
    [Rule("P-7")]
    [Rule("P-8")]
    public void A_full_area_with_no_point_to_drop_suspends_and_says_so() => AsyncRig.Run(
        async rig =>
        {
            await FillAreaAsync(rig);
            byte[] committed = rig.Content(rig.A);
            await rig.WriteAsync(30, 4, 24);
            await rig.StateAsync(SourceState.Suspended);
            Assert.Equal(2, rig.Events2.Count(static seen => seen.Id == PairEventId.RetainedPointDropped));
            SourceStatus status = await rig.Source.GetStatusAsync();
            Assert.Equal((SuspendReason.SecondIntermediateFailed, true), (status.Suspended, status.IsStorageFull));
            Assert.Contains("20 free slots", status.SuspendDetail, StringComparison.Ordinal);
            Assert.True((await rig.Target.GetStatusAsync()).IsStorageFull);
            Assert.Contains(rig.Events1, static seen => seen.Id == PairEventId.StorageFull);
            Assert.Contains(rig.Events2, static seen => seen.Id == PairEventId.StorageFull);
            await rig.WriteAsync(30, 5);
            Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));

            // It says so again, and the point stands, for as long as the area is as small as it is.
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
            await rig.Source.ResumeAsync();
            rig.Join();
            await rig.StateAsync(SourceState.Suspended);
            Assert.True((await rig.Source.GetStatusAsync()).IsStorageFull);
            Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { RetainPoints = 5 },
        slots: 20);

    /// <summary>Three points, the same eight grains different in each: of twenty slots sixteen are taken, eight for each of the two that are retained.</summary>
    private static async Task<Dictionary<ulong, byte[]>> FillAreaAsync(AsyncRig rig)
    {
        Dictionary<ulong, byte[]> points = [];
        await rig.SyncAsync();
        points[(await rig.Target.GetStatusAsync()).LastCommitted.Number] = rig.Content(rig.A);
        for (byte value = 2; value < 4; value++)
        {
            await rig.WriteAsync(8, value, 8);
            points[await rig.CycleAsync()] = rig.Content(rig.A);
        }

        Assert.Equal(4, rig.Target.Area.FreeSlots);
        return points;
    }

    private static async Task<Dictionary<ulong, byte[]>> TakePointsAsync(AsyncRig rig, SimRandom random)
    {
        Dictionary<ulong, byte[]> points = [];
        await rig.SyncAsync();
        points[(await rig.Target.GetStatusAsync()).LastCommitted.Number] = rig.Content(rig.A);
        for (byte value = 2; value < 7; value++)
        {
            await WriteSomeAsync(rig, random, value);
            points[await rig.CycleAsync()] = rig.Content(rig.A);
        }

        return points;
    }

    /// <summary>Reads points again and again while newer data arrives.</summary>
    private static async Task AssertPointsAsync(AsyncRig rig, SimRandom random, Dictionary<ulong, byte[]> points, ulong[] numbers)
    {
        List<PinnedPoint> pinned = [];
        foreach (ulong number in numbers)
        {
            pinned.Add(await rig.Target.PinAsync(number));
        }

        for (byte value = 10; value < 13; value++)
        {
            Task<byte[]>[] readers = [.. pinned.Select(point => rig.ReadImageAsync(point.Image))];
            await WriteSomeAsync(rig, random, value);
            await rig.DrainedAsync();
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            for (int i = 0; i < pinned.Count; i++)
            {
                Assert.Equal(numbers[i], pinned[i].Point.Number);
                Assert.Equal(points[numbers[i]], await readers[i]);
                Assert.Equal(points[numbers[i]], await rig.ReadImageAsync(pinned[i].Image));
            }
        }

        foreach (PinnedPoint point in pinned)
        {
            await point.DisposeAsync();
        }
    }

    private static async Task WriteSomeAsync(AsyncRig rig, SimRandom random, byte value)
    {
        for (int i = 0; i < 6; i++)
        {
            int count = random.Next(1, 5);
            await rig.WriteAsync(random.Next(64 - count), value, count);
        }
    }
}

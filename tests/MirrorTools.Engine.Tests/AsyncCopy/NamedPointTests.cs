using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Points that an admin named, or removed (A-10).</summary>
public sealed class NamedPointTests
{
    [Fact]
    [Rule("A-10")]
    [Rule("P-1")]
    public void A_named_point_is_kept_until_it_is_removed_however_many_follow() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            await rig.WriteAsync(8, 2, 8);
            ulong named = (await rig.Target.GetStatusAsync()).LastCommitted.Number + 1;

            // Before its commit is known here.
            await rig.Target.NamePointAsync(0, "month-end");
            await rig.Target.NamePointAsync(named, "month-end");
            Assert.Equal(named, await rig.CycleAsync());
            byte[] content = rig.Content(rig.A);
            Assert.Equal(PairError.PointIsNewest, (await Assert.ThrowsAsync<PairException>(() => rig.Target.RemovePointAsync(named))).Error);
            for (byte value = 3; value < 40; value++)
            {
                await rig.WriteAsync(value % 16, value, 2);
                await rig.CycleAsync();
            }

            TargetStatus status = await rig.Target.GetStatusAsync();
            Assert.Equal([named, status.LastCommitted.Number - 1], status.RetainedPoints);
            Assert.Equal([new NamedPoint(named, "month-end")], status.NamedPoints);
            Assert.Equal(PairError.PointNameTaken, (await Assert.ThrowsAsync<PairException>(() => rig.Target.NamePointAsync(status.LastCommitted.Number, "Month-End"))).Error);
            Assert.Equal(PairError.PointNotKept, (await Assert.ThrowsAsync<PairException>(() => rig.Target.NamePointAsync(named + 1, "other"))).Error);

            // Known after a restart, with its times, though it is not among the last ones any more.
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            PinnedPoint pinned = await rig.Target.PinAsync(named);
            Assert.Equal(content, await rig.ReadImageAsync(pinned.Image));
            Assert.Equal(PairError.PointInUse, (await Assert.ThrowsAsync<PairException>(() => rig.Target.RemovePointAsync(named))).Error);
            await pinned.DisposeAsync();
            await rig.Target.RemovePointAsync(named);
            status = await rig.Target.GetStatusAsync();
            Assert.Equal([status.LastCommitted.Number - 1], status.RetainedPoints);
            Assert.Empty(status.NamedPoints);
        },
        prepare: rig => rig.Options = rig.Options with { RetainPoints = 2 },
        slots: 256);

    [Fact]
    [Rule("A-10")]
    public void A_full_area_drops_what_has_no_name_though_it_is_younger() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            ulong named = (await rig.Target.GetStatusAsync()).LastCommitted.Number;
            await rig.Target.NamePointAsync(named, "first");
            byte[] content = rig.Content(rig.A);
            List<ulong> others = [];
            for (byte value = 2; value < 4; value++)
            {
                await rig.WriteAsync(8, value, 8);
                others.Add(await rig.CycleAsync());
            }

            await rig.WriteAsync(8, 4, 8);
            await rig.DrainedAsync();
            PairEvent told = Assert.Single(rig.Events2, static seen => seen.Id == PairEventId.RetainedPointDropped);
            Assert.Equal($"{others[0]}", $"{told.Arguments.Single(static argument => argument.Key == "point").Value}");
            Assert.Equal([named], (await rig.Target.GetStatusAsync()).RetainedPoints);
            await using PinnedPoint pinned = await rig.Target.PinAsync(named);
            Assert.Equal(content, await rig.ReadImageAsync(pinned.Image));
        },
        prepare: rig => rig.Options = rig.Options with { RetainPoints = 5 },
        slots: 20);

    [Fact]
    [Rule("A-10")]
    public void There_are_as_many_names_as_may_be_and_one_that_came_to_nothing_is_free_again() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            for (int i = 0; i < PairRecord.MaximumNamedPoints; i++)
            {
                await rig.WriteAsync(i, 7);
                await rig.Target.NamePointAsync(await rig.CycleAsync(), $"point-{i}");
            }

            await rig.CycleAsync();
            Assert.Equal(PairRecord.MaximumNamedPoints, (await rig.Target.GetStatusAsync()).NamedPoints.Count);
            Assert.Equal(PairError.TooManyNamedPoints, (await Assert.ThrowsAsync<PairException>(() => rig.Target.NamePointAsync(0, "more"))).Error);
            ulong newest = (await rig.Target.GetStatusAsync()).LastCommitted.Number;
            await rig.Target.RemovePointAsync((await rig.Target.GetStatusAsync()).NamedPoints[3].Number);

            // Never committed: the next one takes its name, and its place.
            await rig.Target.NamePointAsync(newest + 1, "more");
            await rig.Target.NamePointAsync(newest + 2, "more");
            Assert.Equal([newest + 2], (await rig.Target.GetStatusAsync()).NamedPoints.Where(static named => named.Name == "more").Select(static named => named.Number));
        },
        prepare: rig => rig.Options = rig.Options with { RetainPoints = 2 },
        slots: 512);
}

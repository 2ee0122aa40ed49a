using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Recovery to a retained point: what all newer points have of it is undone .</summary>
public sealed class OlderRecoveryTests
{
    private const int Grains = 200;

    // The table of the area has several blocks, and so has what is undone of it: a removal from one leaves the others as they are.
    private const int Slots = 1200;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [Rule("A-10")]
    [Rule("P-1")]
    [Rule("P-2")]
    [Rule("P-5")]
    public void An_older_point_is_shown_at_once_through_power_cuts_and_all_that_differs_goes_back(int seed) => Run(seed, async rig =>
    {
        SimRandom random = new((ulong)seed);
        Dictionary<ulong, byte[]> points = await TakePointsAsync(rig, random);
        ulong[] kept = [.. (await rig.Target.GetStatusAsync()).RetainedPoints];
        ulong wanted = kept[random.Next(kept.Length)];
        byte[] expected = [.. points[wanted]];
        long toRestore = await rig.Target.CountToRestoreAsync(wanted);
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        ulong newest = (await rig.Target.GetStatusAsync()).LastCommitted.Number;
        CommittedPoint told = await rig.Target.RecoverAsync(force: false, wanted);
        Assert.Equal(wanted, told.Number);
        PairEvent recovery = Assert.Single(rig.Events2, static seen => seen.Id == PairEventId.Recovered);
        Assert.Equal(($"{wanted}", $"{newest}"), (Argument(recovery, "point"), Argument(recovery, "newest")));
        HashSet<long> written = [];
        rig.S.Changed = (offset, length) =>
        {
            for (long grain = rig.Geometry.GrainAt(offset); grain <= rig.Geometry.GrainAt(offset + length - 1); grain++)
            {
                written.Add(grain);
            }
        };

        // Power is lost again and again while it is undone, and once when it is done.
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        for (int cut = 0; cut < 5; cut++)
        {
            Assert.Equal(expected, await rig.ReadImageAsync(two.Volume));
            await rig.DelayAsync(TimeSpan.FromMilliseconds(cut == 4 ? 60_000 : random.Next(1, 40)));
            Assert.Equal(expected, await rig.ReadImageAsync(two.Volume));
            rig.KillSite2(losePower: true);
            two = await MirrorSource.OpenAsync(rig.Parts2());
        }

        Assert.Equal(expected, rig.Content(rig.S));
        Assert.Equal(toRestore, written.Count);
        SourceStatus status = await two.GetStatusAsync();
        Assert.Equal((wanted, wanted), (status.LastCommitted.Number, status.RecoveredPoint));

        // Hosts at both sites have gone on.
        await rig.WriteAsync(0, 90, 3);
        await rig.FillAsync(two.Volume, 40, 91);
        await rig.ReturnAsync(rig.Source, two);
        MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
        await rig.JoinAsync(two, one);
        await rig.CycleAsync(two);
        byte[] present = await rig.ReadImageAsync(two.Volume);
        Assert.Equal(present, await rig.ReadImageAsync(one.Image));
        expected.AsSpan((int)rig.Geometry.OffsetOf(40), PairRig.GrainBytes).Fill(91);
        Assert.Equal(expected, present);
        status = await two.GetStatusAsync();
        Assert.InRange(status.SentGrains, 1, toRestore + 4);
        Assert.True(status.LastCommitted.Number > newest);
    });

    [Fact]
    [Rule("A-9")]
    [Rule("A-10")]
    public void A_host_may_write_before_its_grain_is_undone() => Run(7, async rig =>
    {
        Dictionary<ulong, byte[]> points = await TakePointsAsync(rig, new SimRandom(7));
        ulong wanted = (await rig.Target.GetStatusAsync()).RetainedPoints[0];
        byte[] expected = [.. points[wanted]];
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        await rig.Target.RecoverAsync(force: false, wanted);
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        rig.Area.Faults.ExtraLatency = TimeSpan.FromMilliseconds(200);
        byte[] half = new byte[PairRig.GrainBytes / 2];
        half.AsSpan().Fill(99);
        for (int grain = 0; grain < Grains; grain += 9)
        {
            await two.Volume.WriteAsync(rig.Geometry.OffsetOf(grain), half, WriteOptions.None, CancellationToken.None);
            half.CopyTo(expected.AsSpan((int)rig.Geometry.OffsetOf(grain)));
            Assert.Equal(expected, await rig.ReadImageAsync(two.Volume));
        }

        await two.Volume.FlushAsync(CancellationToken.None);
        rig.KillSite2(losePower: true);
        rig.Area.Faults.Repair();
        two = await MirrorSource.OpenAsync(rig.Parts2());
        Assert.Equal(expected, await rig.ReadImageAsync(two.Volume));
        await rig.UntilAsync(() => Task.FromResult(rig.Content(rig.S).AsSpan().SequenceEqual(expected)));
    });

    // What newer points preserved lies in a block of the area's table that no removal touches: nothing but its clearing beforehand keeps it from stepping into the place of what is taken out.
    [Fact]
    [Rule("A-10")]
    [Rule("P-2")]
    public void What_is_undone_stays_so_though_newer_points_preserved_the_same_grains() => Run(10, async rig =>
    {
        await rig.SyncAsync();
        ulong wanted = (await rig.Target.GetStatusAsync()).LastCommitted.Number;
        byte[] expected = rig.Content(rig.A);
        await rig.WriteAsync(0, 2, Grains);
        await rig.CycleAsync();
        await rig.WriteAsync(0, 3, Grains);
        await rig.DrainedAsync();
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        await rig.Target.RecoverAsync(force: false, wanted);
        await MirrorSource.OpenAsync(rig.Parts2());
        await rig.UntilAsync(() => Task.FromResult(rig.Content(rig.S).AsSpan().SequenceEqual(expected)));
        await rig.DelayAsync(TimeSpan.FromSeconds(5));
        rig.KillSite2(losePower: true);
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        Assert.Equal(expected, await rig.ReadImageAsync(two.Volume));
    });

    [Fact]
    [Rule("A-10")]
    public void A_point_that_is_not_kept_is_refused_and_the_pair_goes_on() => Run(8, async rig =>
    {
        Dictionary<ulong, byte[]> points = await TakePointsAsync(rig, new SimRandom(8));
        PairException refusal = await Assert.ThrowsAsync<PairException>(() => rig.Target.RecoverAsync(force: true, points.Keys.Min()));
        Assert.Equal(PairError.PointNotKept, refusal.Error);
        Assert.Equal(PairError.PointNotKept, (await Assert.ThrowsAsync<PairException>(() => rig.Target.RecoverAsync(force: true, 999))).Error);
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    // A hold ends, and points are taken again: the recovery of another pair of the group was refused.
    [Fact]
    [Rule("A-10")]
    [Rule("P-7")]
    public void A_held_point_outlives_commits_and_full_areas_and_its_end_lets_points_be_taken_again() => Run(9, async rig =>
    {
        Dictionary<ulong, byte[]> points = await TakePointsAsync(rig, new SimRandom(9));
        ulong wanted = (await rig.Target.GetStatusAsync()).RetainedPoints[0];
        HeldPoint held = await rig.Target.HoldForRecoveryAsync(force: true, wanted);
        Assert.Equal(wanted, held.Point.Number);
        Assert.Equal(PairError.PointInUse, (await Assert.ThrowsAsync<PairException>(() => rig.Target.RemovePointAsync(wanted))).Error);
        await held.DisposeAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    private static void Run(int seed, Func<AsyncRig, Task> body) => AsyncRig.Run(
        body, (ulong)seed, Grains, rig => rig.Options = rig.Options with { RetainPoints = 5, BatchBytes = 8 * PairRig.GrainBytes }, slots: Slots);

    private static string Argument(PairEvent seen, string name) => $"{seen.Arguments.Single(argument => argument.Key == name).Value}";

    /// <summary>Six points of random writes, of which five are kept, and newer data at the target.</summary>
    private static async Task<Dictionary<ulong, byte[]>> TakePointsAsync(AsyncRig rig, SimRandom random)
    {
        Dictionary<ulong, byte[]> points = [];
        await rig.SyncAsync();
        points[(await rig.Target.GetStatusAsync()).LastCommitted.Number] = rig.Content(rig.A);
        for (byte value = 2; value < 8; value++)
        {
            await WriteSomeAsync(rig, random, value);
            points[await rig.CycleAsync()] = rig.Content(rig.A);
        }

        await WriteSomeAsync(rig, random, 80);
        await rig.DrainedAsync();
        return points;
    }

    private static async Task WriteSomeAsync(AsyncRig rig, SimRandom random, byte value)
    {
        for (int i = 0; i < 8; i++)
        {
            int count = random.Next(1, 24);
            await rig.WriteAsync(random.Next(Grains - count), value, count);
        }
    }
}

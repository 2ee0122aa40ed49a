using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Simulation.Tests.Checking;

[Rule("P-1")]
public sealed class ImageCheckerTests
{
    private const int Sector = 512;

    [Fact]
    public void The_checker_agrees_with_trying_every_instant_and_every_subset_of_the_writes_in_flight()
    {
        var verdicts = new int[2];
        for (ulong seed = 1; seed <= 4000; seed++)
        {
            var random = new SimRandom(seed);
            var history = RandomHistory(random);
            var (image, shown) = RandomImage(random, history);
            var earliest = random.NextInt64(history.Clock + 1);
            var window = new PointWindow(history.Current, earliest, random.NextInt64(earliest, history.Clock + 2));
            var expected = IsAnyPoint(window, shown);
            var verdict = ImageChecker.Check(window, [image]);
            Assert.True(expected == (verdict is null), $"seed {seed}: brute force says {expected}, the checker {verdict ?? "fine"}");
            verdicts[expected ? 1 : 0]++;
        }

        Assert.All(verdicts, v => Assert.True(v > 200, string.Join(",", verdicts)));
    }

    [Fact]
    public void A_lost_write_a_late_write_and_a_torn_write_are_named()
    {
        var history = new WriteHistory([new byte[8 * Sector]]);
        var first = Write(history, 0, 4);
        history.Acknowledge(first);
        var t1 = history.Tick();
        var second = Write(history, 2, 4);
        history.Acknowledge(second);
        var window = new PointWindow(history.Current, t1, t1);

        Assert.Null(ImageChecker.Check(window, [Image(history, 1, 1, 1, 1, 0, 0, 0, 0)]));
        Assert.Contains("write 1", ImageChecker.Check(window, [Image(history, 0, 0, 0, 0, 0, 0, 0, 0)])!, StringComparison.Ordinal);
        Assert.Contains("write 2", ImageChecker.Check(window, [Image(history, 1, 1, 2, 2, 2, 2, 0, 0)])!, StringComparison.Ordinal);
        Assert.Contains("in part", ImageChecker.Check(window, [Image(history, 1, 1, 1, 2, 2, 2, 0, 0)])!, StringComparison.Ordinal);
        Assert.Contains("was not written", ImageChecker.Check(window, [Image(history, 1, 1, 1, 1, 0, 0, 0, 9)])!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zeroing_that_is_in_only_in_part_is_found()
    {
        var history = new WriteHistory([new byte[4 * Sector]]);
        history.Acknowledge(Write(history, 0, 4));
        var zeroing = history.Issue("t", 0, 0, 4, isZeroing: true, isForced: false);
        var t1 = history.Tick();
        history.Acknowledge(zeroing);
        var window = new PointWindow(history.Current, t1, t1);
        Assert.Null(ImageChecker.Check(window, [Image(history, 0, 0, 0, 0)]));
        Assert.Null(ImageChecker.Check(window, [Image(history, 1, 1, 1, 1)]));
        Assert.NotNull(ImageChecker.Check(window, [Image(history, 0, 0, 1, 1)]));
    }

    [Fact]
    public void Writes_of_one_volume_bind_the_others()
    {
        var history = new WriteHistory([new byte[2 * Sector], new byte[2 * Sector]]);
        var first = history.Issue("t", 0, 0, 1, false, false);
        history.Acknowledge(first);
        var second = history.Issue("t", 1, 0, 1, false, false);
        history.Acknowledge(second);
        var window = new PointWindow(history.Current, 0, history.Tick());
        var zeros = new byte[2 * Sector];
        Assert.Null(ImageChecker.Check(window, [zeros, zeros]));
        Assert.Null(ImageChecker.Check(window, [Stamped(0, 1), zeros]));
        Assert.Null(ImageChecker.Check(window, [Stamped(0, 1), Stamped(1, 2)]));
        Assert.NotNull(ImageChecker.Check(window, [zeros, Stamped(1, 2)]));

        static byte[] Stamped(int volume, long id)
        {
            var image = new byte[2 * Sector];
            SectorStamp.Write(image.AsSpan(0, Sector), id, volume, 0);
            return image;
        }
    }

    private static HostWrite Write(WriteHistory history, long first, int count) => history.Issue("t", 0, first, count, false, false);

    private static WriteHistory RandomHistory(SimRandom random)
    {
        var history = new WriteHistory([new byte[3 * Sector]]);
        var inFlight = new List<HostWrite>();
        for (var i = 0; i < 8; i++)
        {
            if (inFlight.Count > 0 && random.Chance(0.5))
            {
                var done = random.Next(inFlight.Count);
                history.Acknowledge(inFlight[done]);
                inFlight.RemoveAt(done);
            }
            else
            {
                var first = random.Next(3);
                inFlight.Add(Write(history, first, random.Next(1, 4 - first)));
            }
        }

        return history;
    }

    private static (byte[] Image, HostWrite?[] Shown) RandomImage(SimRandom random, WriteHistory history)
    {
        // mostly an image of some instant, then perhaps one sector changed
        var shown = new HostWrite?[3];
        var instant = random.NextInt64(history.Clock + 1);
        for (var sector = 0; sector < 3; sector++)
        {
            var writers = (history.Current.WritersOf(0, sector) ?? []).Where(w => w.Issued <= instant).ToArray();
            shown[sector] = writers.Length == 0 ? null : writers[^1];
            if (random.Chance(0.25))
            {
                var any = history.Current.WritersOf(0, sector) ?? [];
                shown[sector] = random.Next(any.Count + 1) is var pick && pick == any.Count ? null : any[pick];
            }
        }

        return (Image(history, [.. shown.Select(w => w?.Id ?? 0)]), shown);
    }

    private static bool IsAnyPoint(PointWindow window, HostWrite?[] shown)
    {
        for (var instant = window.Earliest; instant <= window.Latest; instant++)
        {
            var sure = window.Epoch.Writes.Where(w => w.Acknowledged < instant).ToArray();
            var maybe = window.Epoch.Writes.Where(w => w.Issued <= instant && w.Acknowledged >= instant).ToArray();
            for (var subset = 0; subset < 1 << maybe.Length; subset++)
            {
                HostWrite[] inside = [.. sure, .. maybe.Where((_, i) => (subset >> i & 1) == 1)];
                if (Enumerable.Range(0, shown.Length).All(sector => IsShowable(shown[sector], [.. inside.Where(w => Touches(w, sector))])))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsShowable(HostWrite? shown, HostWrite[] inside) =>
        shown is null ? inside.Length == 0 : inside.Contains(shown) && !inside.Any(shown.IsBefore);

    private static bool Touches(HostWrite write, long sector) => sector >= write.FirstSector && sector < write.FirstSector + write.SectorCount;

    private static byte[] Image(WriteHistory history, params long[] ids)
    {
        var image = history.Current.BaseOf(0).ToArray();
        for (var sector = 0; sector < ids.Length; sector++)
        {
            if (ids[sector] != 0)
            {
                SectorStamp.Write(image.AsSpan(sector * Sector, Sector), ids[sector], 0, sector);
            }
        }

        return image;
    }
}

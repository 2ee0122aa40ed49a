using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Disks;

/// <summary>What becomes of the writes that no flush had settled.</summary>
internal static class PowerLossRules
{
    /// <summary>How one power loss treats the cache; the extremes are drawn as often as the mixtures, for each finds other mistakes.</summary>
    private enum Habit
    {
        KeepAll,
        LoseAll,

        /// <summary>The oldest writes made it, the younger ones did not.</summary>
        KeepPrefix,

        /// <summary>Any subset of whole writes, in any order.</summary>
        Reorder,

        /// <summary>Each sector for itself: any of its versions, or the durable one.</summary>
        Tear,
    }

    public static void LosePower(SimDisk disk, WriteCache cache, SimRandom random)
    {
        var habit = (Habit)random.Next(5);
        var sectors = cache.Sectors();
        var newest = sectors.Length == 0 ? 0 : sectors.Max(s => cache.VersionsOf(s)[^1].Sequence);
        var oldest = sectors.Length == 0 ? 0 : sectors.Min(s => cache.VersionsOf(s)[0].Sequence);
        var cut = random.NextInt64(oldest, newest + 1);
        var salt = random.NextUInt64();
        var fates = new Dictionary<long, (bool Kept, bool Lost)>();
        foreach (var sector in sectors)
        {
            var versions = cache.VersionsOf(sector);
            WriteCache.Version? chosen = habit switch
            {
                Habit.KeepAll => versions[^1],
                Habit.LoseAll => null,
                Habit.KeepPrefix => Last(versions, v => v.Sequence <= cut),
                Habit.Reorder => Reordered(versions, salt),
                _ => Torn(versions, random),
            };
            Count(fates, versions[^1], chosen);
            disk.Counters.LostSectors += chosen == versions[^1] ? 0 : 1;
            cache.Decide(sector, chosen);
            disk.ReloadSector(sector);
        }

        disk.Counters.TornWrites += fates.Values.Count(f => f is { Kept: true, Lost: true });
    }

    /// <summary>A flush fails: some sectors got there, some are gone from the cache too, and some stay visible as if all were well.</summary>
    public static void FailFlush(SimDisk disk, WriteCache cache, SimRandom random)
    {
        foreach (var sector in cache.Sectors())
        {
            switch (random.Next(3))
            {
                case 0:
                    cache.Decide(sector, cache.VersionsOf(sector)[^1]);
                    break;
                case 1:
                    disk.Counters.LostSectors++;
                    cache.Decide(sector, null);
                    disk.ReloadSector(sector);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The device is opened anew: what a failed flush left visible is decided.</summary>
    public static void LoseAfterFailedFlush(SimDisk disk, WriteCache cache, SimRandom random)
    {
        foreach (var sector in cache.Sectors())
        {
            cache.Decide(sector, Torn(cache.VersionsOf(sector), random));
            disk.ReloadSector(sector);
        }
    }

    private static WriteCache.Version? Last(IReadOnlyList<WriteCache.Version> versions, Func<WriteCache.Version, bool> isKept)
    {
        for (var i = versions.Count - 1; i >= 0; i--)
        {
            if (isKept(versions[i]))
            {
                return versions[i];
            }
        }

        return null;
    }

    /// <summary>Every write draws a rank from its number, the same for all its sectors: half are lost, and of the kept the highest rank came last.</summary>
    private static WriteCache.Version? Reordered(IReadOnlyList<WriteCache.Version> versions, ulong salt)
    {
        WriteCache.Version? best = null;
        ulong bestRank = 0;
        foreach (var version in versions)
        {
            var rank = TraceHash.Add(TraceHash.Add(TraceHash.Initial, salt), (ulong)version.WriteId);
            if ((rank & 1) == 1 && rank > bestRank)
            {
                best = version;
                bestRank = rank;
            }
        }

        return best;
    }

    private static WriteCache.Version? Torn(IReadOnlyList<WriteCache.Version> versions, SimRandom random)
    {
        var pick = random.Next(versions.Count + 1);
        return pick == versions.Count ? null : versions[pick];
    }

    private static void Count(Dictionary<long, (bool Kept, bool Lost)> fates, WriteCache.Version newest, WriteCache.Version? chosen)
    {
        fates.TryGetValue(newest.WriteId, out var fate);
        fates[newest.WriteId] = chosen == newest ? (true, fate.Lost) : (fate.Kept, true);
    }
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Brings site 1's maps back from disk: folds what was renewed since, and takes what was hot at an unclean stop for different (F-18, F-19).</summary>
internal static class SourceLoader
{
    /// <summary>Reads the record.</summary>
    /// <exception cref="MetadataCorruptException">There is none that can be read.</exception>
    public static PairRecord ReadRecord(MetadataStore store) =>
        PairRecordCodec.TryDecode(store.State.Current.Span, out PairRecord? record)
            ? record!
            : throw new MetadataCorruptException("state record", "The pair's state record can't be read.");

    /// <summary>Loads the maps.</summary>
    /// <param name="maps">Empty maps, or maps derived from a failover's.</param>
    /// <param name="store">The metadata.</param>
    /// <param name="log">The dirty-region log as it was found.</param>
    /// <param name="record">The record.</param>
    /// <param name="events">Where corrupt pages and an unclean stop are reported.</param>
    public static async Task LoadAsync(SourceMaps maps, MetadataStore store, DirtyRegionLog log, PairRecord record, PairEvents events)
    {
        GrainMap future = new(maps.Geometry.GrainCount, false);
        ulong[] derived = new ulong[GrainMap.WordsPerPage];
        void Fold(int page, ulong epoch, Span<ulong> inB, Span<ulong> onC, Span<ulong> changed, Span<ulong> cycle)
        {
            if (epoch >> 40 != record.SourceRoleOrdinal)
            {
                maps.InB.ReadPage(page, derived);
                derived.CopyTo(inB);
                maps.OnC.ReadPage(page, derived);
                derived.CopyTo(onC);
                changed.Clear();
                cycle.Clear();
                return;
            }

            bool isBehindCommit = (epoch & ((1UL << 40) - 1)) < record.LastCommitted.Number;
            for (int word = 0; word < inB.Length; word++)
            {
                inB[word] &= ~changed[word];
                onC[word] &= ~changed[word];
                changed[word] = 0;
                if (isBehindCommit)
                {
                    cycle[word] = 0;
                }
            }
        }

        MapLoadResult result = await store.SourceMaps.LoadAsync([maps.InB, maps.OnC, future, maps.Cycle], Fold, CancellationToken.None);
        foreach (int page in result.CutPages)
        {
            maps.Touched(maps.InB.GrainsOf(page));
        }

        foreach (int page in result.UnknownPages(log.WasClosedCleanly))
        {
            events.Report(PairEventId.MapPageCorrupt, ("page", page));
            maps.ForgetCopies(maps.InB.GrainsOf(page));
        }

        if (record.FirstIntermediateLent || record.Suspended == SuspendReason.FirstIntermediateFailed)
        {
            // The pages may be older than the loan or the fault.
            maps.InB.Reset(false);
            maps.TouchAll();
        }

        if (log.AllUnknown)
        {
            maps.InB.Reset(false);
            maps.OnC.Reset(false);
            maps.TouchAll();
            events.Report(PairEventId.UncleanStart, ("hotRegions", "unknown"), ("grains", maps.Geometry.GrainCount));
            return;
        }

        long grains = 0;
        foreach (long region in log.HotRegions)
        {
            GrainRange range = GrainsOf(region, log, maps.Geometry);
            maps.ForgetCopies(range);
            grains += range.Count;
        }

        if (grains > 0)
        {
            events.Report(PairEventId.UncleanStart, ("hotRegions", log.HotRegions.Count), ("grains", grains));
        }
    }

    /// <summary>The grains that a region touches.</summary>
    public static GrainRange GrainsOf(long region, DirtyRegionLog log, GrainGeometry geometry)
    {
        long offset = region * log.RegionBytes;
        return geometry.Covering(offset, Math.Min(log.RegionBytes, geometry.LengthBytes - offset));
    }
}

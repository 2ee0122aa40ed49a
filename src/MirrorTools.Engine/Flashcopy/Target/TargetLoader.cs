using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>Brings site 2 back from disk (F-18, F-21).</summary>
internal static class TargetLoader
{
    /// <summary>Loads maps and log, and puts the service's parts together.</summary>
    public static async Task<SecondCore> OpenAsync(TargetOpening opening)
    {
        (MirrorParts parts, DirtyRegionLog log) = (opening.Parts, opening.Log);
        (TargetMaps maps, TargetJournal journal, EpochGate readers, SecondFlashcopy second) = await LoadMapsAsync(parts, opening.Store, log, opening.Record);
        if (opening.Record.Prepared.IsNone)
        {
            SuspectHotRegions(maps, log, opening.Events);
        }

        EpochGate arrivals = new(parts.Time);
        return new SecondCore
        {
            Parts = parts,
            Maps = maps,
            Log = log,
            Journal = journal,
            Regions = new TargetRegions(journal, maps, log, parts.Intermediate, arrivals, parts.Faults),
            Second = second,
            Readers = readers,
            Arrivals = arrivals,
        };
    }

    /// <summary>Loads the target maps and what works on them: for a target, and for a source that was recovered.</summary>
    public static async Task<(TargetMaps Maps, TargetJournal Journal, EpochGate Readers, SecondFlashcopy Second)> LoadMapsAsync(
        MirrorParts parts, MetadataStore store, DirtyRegionLog log, PairRecord record)
    {
        TargetMaps maps = new(store.Identity.Geometry);
        MapLoadResult loaded = await TargetJournal.LoadAsync(maps, store, record);
        foreach (int page in loaded.CutPages)
        {
            maps.Touched(maps.Copied.GrainsOf(page));
        }

        if (loaded.UnknownPages(log.WasClosedCleanly) is [int unknown, ..])
        {
            throw new MetadataCorruptException("map page",
                $"Page {unknown} of the target's maps can't be read, so where its committed grains are is unknown.");
        }

        TargetJournal journal = new(store, maps, TargetJournal.EpochOf(record));
        EpochGate readers = new(parts.Time);
        SecondFlashcopy second = new(maps, journal, parts.Intermediate, parts.Volume, new PinnedPoints(readers, parts.Time), parts.Options, parts.Faults, parts.Time);
        GrainMap uncopied = new(maps.Geometry.GrainCount, false);
        GrainMap.OrNot(uncopied, maps.Copied);
        second.Enqueue(uncopied);
        return (maps, journal, readers, second);
    }

    // Where a point is prepared nothing has come since C was flushed for it. Else a hot region means that C may hold anything newer than the committed image where D has that image: future2 = copied2 there. What it holds is not
    // known to be the point's, so site 1 is told that it is lost.
    private static void SuspectHotRegions(TargetMaps maps, DirtyRegionLog log, PairEvents events)
    {
        IEnumerable<GrainRange> suspects = log.AllUnknown
            ? [new GrainRange(0, maps.Geometry.GrainCount)]
            : log.HotRegions.Select(log.GrainsOf);
        long grains = 0;
        foreach (GrainRange range in suspects)
        {
            for (long first = range.First; first < range.End;)
            {
                long end = Math.Min(range.End, maps.Copied.RunEnd(first));
                if (maps.Copied[first])
                {
                    GrainRange run = new(first, end - first);
                    maps.Future.SetRange(run);
                    maps.Lost.SetRange(run);
                    maps.Touched(run);
                    grains += run.Count;
                }

                first = end;
            }
        }

        if (grains > 0)
        {
            events.Report(PairEventId.UncleanStart, ("hotRegions", log.AllUnknown ? "unknown" : log.HotRegions.Count), ("grains", grains));
        }
    }
}

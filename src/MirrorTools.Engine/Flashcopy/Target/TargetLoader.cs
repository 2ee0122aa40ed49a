using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>Brings site 2 back from disk (F-18, F-21).</summary>
internal static class TargetLoader
{
    /// <summary>Loads metadata, maps and log, and has the target built over them.</summary>
    public static async Task<FlashcopyTarget> OpenAsync(FlashcopyParts parts, Func<TargetCore, GrainMap?, FlashcopyTarget> build)
    {
        MetadataStore store = await MetadataStore.OpenAsync(parts.Metadata, CancellationToken.None);
        DirtyRegionLog log = await DirtyRegionLog.OpenAsync(store.Identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        PairRecord record = SourceLoader.ReadRecord(store);
        PairEvents events = new(store.Identity.PairId, parts.Time, parts.EventSink);
        (TargetMaps maps, TargetJournal journal, EpochGate readers, SecondFlashcopy second) = await LoadMapsAsync(parts, store, log, record);
        if (record.Prepared.IsNone)
        {
            SuspectHotRegions(maps, log, events);
        }

        EpochGate arrivals = new(parts.Time);
        TargetCore core = new()
        {
            Parts = parts,
            Control = new ControlFlow(parts.Scheduler),
            Maps = maps,
            Log = log,
            Journal = journal,
            Regions = new TargetRegions(journal, maps, log, parts.Intermediate, arrivals, parts.Faults),
            Second = second,
            Readers = readers,
            Arrivals = arrivals,
            Events = events,
            RecordStore = new PairRecordStore(store.State, record),
        };
        return build(core, record.OwesDifferences ? await LoadDifferencesAsync(store, record, events, parts.Faults) : null);
    }

    /// <summary>Loads the target maps and what works on them: for a target, and for a source that was recovered.</summary>
    public static async Task<(TargetMaps Maps, TargetJournal Journal, EpochGate Readers, SecondFlashcopy Second)> LoadMapsAsync(
        FlashcopyParts parts, MetadataStore store, DirtyRegionLog log, PairRecord record)
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
            : log.HotRegions.Select(region => SourceLoader.GrainsOf(region, log, maps.Geometry));
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

    private static async Task<GrainMap> LoadDifferencesAsync(MetadataStore store, PairRecord record, PairEvents events, FlashcopyFaults faults)
    {
        GrainMap differences = new(store.Identity.Geometry.GrainCount, false);
        if (faults.ForgetDifferences)
        {
            return differences;
        }

        // The former source's maps, as it left them when it became the target: its log was empty then.
        SourceMaps maps = new(store.Identity.Geometry);
        ulong[] none = new ulong[GrainMap.WordsPerPage];
        GrainMap future = new(maps.Geometry.GrainCount, false);
        void Fold(int page, ulong epoch, Span<ulong> inB, Span<ulong> onC, Span<ulong> changed, Span<ulong> cycle)
        {
            if (epoch >> 40 != record.SourceRoleOrdinal)
            {
                none.CopyTo(onC);
            }
        }

        MapLoadResult loaded = await store.SourceMaps.LoadAsync([maps.InB, maps.OnC, future, maps.Cycle], Fold, CancellationToken.None);
        foreach (int page in loaded.UnknownPages(afterCleanClose: true))
        {
            events.Report(PairEventId.MapPageCorrupt, ("page", page));
            maps.OnC.ClearRange(maps.OnC.GrainsOf(page));
        }

        GrainMap.OrNot(differences, maps.OnC);

        // What the first intermediate does not hold is not in the second one it becomes: a recovery would take it for the committed content.
        GrainMap.OrNot(differences, maps.InB);
        GrainMap.Or(differences, future);
        GrainMap.Or(differences, maps.Cycle);
        return differences;
    }
}

using MirrorTools.Engine.AsyncCopy.Target;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Opens site 2 from its metadata, cleanly closed or not (F-18, F-21).</summary>
internal static class TargetOpener
{
    /// <summary>Opens it; nothing runs yet. On the pair's scheduler.</summary>
    /// <returns>The parts, and what this side owes a new source word of; null where it owes nothing (F-16).</returns>
    /// <exception cref="MetadataCorruptException">The metadata can't be read, or the committed image can't be told.</exception>
    public static async Task<(TargetCore Core, GrainMap? Differences)> OpenAsync(MirrorParts parts)
    {
        MetadataStore store = await MetadataStore.OpenAsync(parts.Metadata, CancellationToken.None);
        DirtyRegionLog log = await DirtyRegionLog.OpenAsync(store.Identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        PairRecord record = PairMetadata.ReadRecord(store);
        PairEvents events = new(store.Identity.PairId, parts.Time, parts.EventSink);
        TargetOpening opening = new(parts, store, log, record, events, new ControlFlow(parts.Scheduler));
        bool isAsync = store.Identity.Service == CopyService.AsyncCopy;
        TargetCore core = new()
        {
            Parts = parts,
            Control = opening.Control,
            Geometry = opening.Geometry,
            Kind = store.Identity.Service,
            Service = isAsync ? await AsyncSecondary.OpenAsync(opening) : await SecondIntermediate.OpenAsync(opening),
            Options = parts.Options,
            Events = events,
            RecordStore = new PairRecordStore(store.State, record),
        };
        if (!record.OwesDifferences)
        {
            return (core, null);
        }

        return (core, isAsync ? await FormerPrimary.LoadDifferencesAsync(opening) : await FormerSource.LoadDifferencesAsync(opening));
    }
}

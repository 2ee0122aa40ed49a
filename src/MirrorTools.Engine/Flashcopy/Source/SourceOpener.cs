using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Opens site 1 from its metadata, cleanly closed or not: loads the maps, puts the parts together and settles what was hot (F-18).</summary>
internal static class SourceOpener
{
    /// <summary>Opens it; nothing runs yet. On the pair's scheduler.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read.</exception>
    public static async Task<OpenedSource> OpenAsync(FlashcopyParts parts)
    {
        MetadataStore store = await MetadataStore.OpenAsync(parts.Metadata, CancellationToken.None);
        DirtyRegionLog log = await DirtyRegionLog.OpenAsync(store.Identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        PairRecord record = SourceLoader.ReadRecord(store);
        PairEvents events = new(store.Identity.PairId, parts.Time, parts.EventSink);
        SourceMaps maps = new(store.Identity.Geometry);
        RecoveredVolume? recovered = record.IsRecovered ? await RecoveredVolume.OpenAsync(parts, store, log, record, maps) : null;
        await SourceLoader.LoadAsync(maps, store, log, record, events);

        AccessClock? accesses = parts.Options.ScanOrder == ScanOrder.LastAccessed ? new AccessClock(maps.Geometry) : null;
        SourceCore core = Assemble(recovered is null ? parts : parts with { Volume = recovered.Image }, store, log, record, maps, accesses, events);

        // What was hot is known as different now; once that is durable the log may forget it.
        IOException? unsettled = log.HotRegions.Count > 0 || log.AllUnknown ? await SettleHotRegionsAsync(core) : null;

        if (record.FirstIntermediateLent || record.Suspended == SuspendReason.FirstIntermediateFailed)
        {
            maps.Mode = maps.Mode with { MarksFuture = false };
        }

        return new OpenedSource(core, log, accesses, parts, recovered, unsettled);
    }

    private static SourceCore Assemble(
        FlashcopyParts parts, MetadataStore store, DirtyRegionLog log, PairRecord record, SourceMaps maps, AccessClock? accesses, PairEvents events)
    {
        ControlFlow control = new(parts.Scheduler);
        FlashcopyGroup group = parts.Group ?? new FlashcopyGroup([store.Identity.PairId], parts.Time);
        GrainCopier copier = new(maps, parts.Volume, parts.Intermediate, accesses, parts.Time, parts.Options, parts.Faults);
        return new SourceCore
        {
            Parts = parts,
            Control = control,
            Maps = maps,
            Group = group,
            PairId = store.Identity.PairId,
            Journal = new SourceJournal(store, log, maps, parts.Volume, parts.Intermediate, group.Gate.Requests, record, parts.Time, parts.Faults)
            {
                IntermediateDeadline = parts.Options.LocalDeadline,
                IntermediateIsDown = record.Suspended == SuspendReason.FirstIntermediateFailed,
            },
            Copier = copier,
            Waiters = new WriteWaiters(control, parts.Time, parts.Options, maps, copier),
            Events = events,
            Options = parts.Options,
        };
    }

    // Hosts are served whatever comes of it (P-8, F-22): what was hot stays named on disk, and the fault suspends the pair.
    private static async Task<IOException?> SettleHotRegionsAsync(SourceCore core)
    {
        IOException? failure = null;
        bool isDown = core.Journal.IntermediateIsDown;
        for (int attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                await core.Journal.SettleAsync(core.Options.GateDeadline);
                break;
            }
            catch (IOException exception)
            {
                failure ??= exception;
                if (exception is not FirstIntermediateException)
                {
                    break;
                }

                core.Journal.IntermediateIsDown = true;
            }
        }

        core.Journal.IntermediateIsDown = isDown;
        return failure;
    }
}

using MirrorTools.Engine.AsyncCopy.Source;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Opens site 1 from its metadata, cleanly closed or not: loads the maps, puts the parts together and settles what was hot (F-18).</summary>
internal static class SourceOpener
{
    /// <summary>Opens it; nothing runs yet. On the pair's scheduler.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read.</exception>
    public static async Task<OpenedSource> OpenAsync(MirrorParts parts)
    {
        MetadataStore store = await MetadataStore.OpenAsync(parts.Metadata, CancellationToken.None);
        DirtyRegionLog log = await DirtyRegionLog.OpenAsync(store.Identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        PairRecord record = PairMetadata.ReadRecord(store);
        PairEvents events = new(store.Identity.PairId, parts.Time, parts.EventSink);
        PointGroup group = parts.Group ?? new PointGroup([store.Identity.PairId], parts.Time);
        SourceOpening opening = new(parts, store, log, record, events, group, new ControlFlow(parts.Scheduler));
        ISourceService service = store.Identity.Service == CopyService.AsyncCopy
            ? await AsyncPrimary.OpenAsync(opening)
            : await FirstFlashcopy.OpenAsync(opening);
        SourceCore core = Assemble(opening, service);

        // What was hot is known as different now; once that is durable the log may forget it.
        IOException? unsettled = log.HotRegions.Count > 0 || log.AllUnknown ? await SettleHotRegionsAsync(core) : null;
        return new OpenedSource(core, log, unsettled);
    }

    private static SourceCore Assemble(SourceOpening opening, ISourceService service)
    {
        (MirrorParts parts, PairRecord record) = (opening.Parts, opening.Record);
        return new SourceCore
        {
            Parts = parts,
            Control = opening.Control,
            Geometry = opening.Geometry,
            Kind = opening.Store.Identity.Service,
            Service = service,
            Group = opening.Group,
            PairId = opening.Store.Identity.PairId,
            Journal = new SourceJournal(
                opening.Store, opening.Log, service, service.UsesIntermediate ? parts.Intermediate : null, opening.Group.Gate.Requests, record, parts.Time, parts.Faults)
            {
                IntermediateDeadline = parts.Options.LocalDeadline,
                IntermediateIsDown = record.Suspended == SuspendReason.FirstIntermediateFailed,
            },
            Events = opening.Events,
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

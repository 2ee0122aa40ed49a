using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.SyncCache.Members;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache;

/// <summary>Opens a node from its metadata: loads what others lack, and finds out what an unclean stop may have cost (S-9, S-11).</summary>
internal static class SyncOpener
{
    /// <summary>Opens it; nothing runs yet. On the pair's scheduler.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read.</exception>
    public static async Task<SyncCore> OpenAsync(SyncParts parts)
    {
        MetadataStore store = await MetadataStore.OpenAsync(parts.Metadata, CancellationToken.None);
        DirtyRegionLog log = await DirtyRegionLog.OpenAsync(store.Identity, store.RegionLogPlace, parts.SecondLog, parts.Time, CancellationToken.None);
        if (!SyncRecordCodec.TryDecode(store.State.Current.Span, out SyncRecord? record))
        {
            throw new MetadataCorruptException("state record", "The node's state record can't be read.");
        }

        GrainGeometry geometry = store.Identity.Geometry;
        MissingGrains missing = new(geometry.GrainCount, record!.Nodes.Count);
        MapLoadResult loaded = await store.SourceMaps.LoadAsync(missing.Maps, null, CancellationToken.None);
        bool wasClean = log.WasClosedCleanly;
        int own = record.Nodes.ToList().IndexOf(parts.NodeId);
        GrainMap suspects = new(geometry.GrainCount, initialValue: false);
        AddUnknown(loaded.UnknownPages(wasClean), missing, own);
        if (!wasClean)
        {
            AddHot(log, suspects);
        }

        // What it wrote alone was on its disk before it was acknowledged; whoever is left out may lack what was hot.
        bool wasAlone = record.IsAlone(parts.NodeId) && record.Role == SyncRole.Primary;
        foreach (Guid node in record.Nodes.Where(node => node != parts.NodeId && !record.Members.Contains(node)))
        {
            missing.Add(record.Nodes.ToList().IndexOf(node), suspects);
        }

        EpochGate gate = new(parts.Time);
        WriteBackCache cache = new(parts.Disk, geometry, parts.Options.Cache, parts.Time);
        SyncCore core = new()
        {
            Parts = parts,
            Control = new ControlFlow(parts.Scheduler),
            Geometry = geometry,
            PairId = store.Identity.PairId,
            Cache = cache,
            Throttle = new CacheThrottle(parts.Options.Cache),
            Log = log,
            Gate = gate,
            Missing = missing,
            Journal = new SyncJournal(store, log, missing, cache, gate),
            Records = new SyncRecordStore(store.State, record),
            Events = new PairEvents(store.Identity.PairId, parts.Time, parts.EventSink),
            Instance = parts.NewId(),
            HasCache = wasClean || wasAlone,
            OwnSuspects = suspects,
            Options = parts.Options,
        };
        core.SuspectsAreOpen = !core.HasCache;
        if (!wasClean)
        {
            core.Events.Report(PairEventId.UncleanStart, ("hotRegions", log.HotRegions.Count), ("grains", suspects.CountSet()));
        }

        if (wasAlone && !wasClean)
        {
            await core.Journal.SettleAsync(parts.Options.GateDeadline);
            suspects.Reset(false);
        }

        return core;
    }

    private static void AddHot(DirtyRegionLog log, GrainMap suspects)
    {
        if (log.AllUnknown)
        {
            suspects.Reset(true);
            return;
        }

        foreach (long region in log.HotRegions)
        {
            suspects.SetRange(log.GrainsOf(region));
        }
    }

    // A page that can't be read: everybody may lack its grains.
    private static void AddUnknown(IReadOnlyList<int> pages, MissingGrains missing, int own)
    {
        foreach (int page in pages)
        {
            for (int place = 0; place < missing.Maps.Length; place++)
            {
                if (place != own)
                {
                    missing.Add(place, missing.Maps[place].GrainsOf(page));
                }
            }
        }
    }
}

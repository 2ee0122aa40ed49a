using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>Brings a primary's map back from disk: one map, of everything that the other site may lack; what was hot at an unclean stop joins it.</summary>
internal static class AsyncLoader
{
    /// <summary>Loads the map.</summary>
    /// <param name="maps">Maps at the values of grains whose page was never written in this role.</param>
    /// <param name="opening">What they are loaded from.</param>
    public static async Task LoadAsync(AsyncMaps maps, SourceOpening opening)
    {
        MapLoadResult result = await LoadAsync(maps.OutOfSync, opening.Store, opening.Record.SourceRoleOrdinal);
        foreach (int page in result.CutPages)
        {
            maps.Touched(maps.OutOfSync.GrainsOf(page));
        }

        foreach (int page in result.UnknownPages(opening.Log.WasClosedCleanly))
        {
            opening.Events.Report(PairEventId.MapPageCorrupt, ("page", page));
            maps.Unsync(maps.OutOfSync.GrainsOf(page));
        }

        GrainMap.Or(maps.Whole, maps.OutOfSync);
        opening.ForgetHotRegions(maps.Unsync, () => maps.Unsync(new GrainRange(0, maps.Geometry.GrainCount)));
    }

    /// <summary>Loads the pages that were written in a role of a side; those of other roles stay as the map has them.</summary>
    public static Task<MapLoadResult> LoadAsync(GrainMap map, MetadataStore store, uint roleOrdinal)
    {
        ulong[] initial = new ulong[GrainMap.WordsPerPage];
        void Fold(int page, ulong epoch, Span<ulong> words, Span<ulong> second, Span<ulong> third, Span<ulong> fourth)
        {
            if (epoch >> 40 != roleOrdinal)
            {
                map.ReadPage(page, initial);
                initial.CopyTo(words);
            }
        }

        return store.SourceMaps.LoadAsync([map], Fold, CancellationToken.None);
    }
}

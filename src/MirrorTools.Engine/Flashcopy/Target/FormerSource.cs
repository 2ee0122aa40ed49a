using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>What a target that was the source before knows of its grains: those that may differ from what the new source holds (F-16).</summary>
internal static class FormerSource
{
    /// <summary>Loads them.</summary>
    public static async Task<GrainMap> LoadDifferencesAsync(TargetOpening opening)
    {
        (MetadataStore store, PairRecord record) = (opening.Store, opening.Record);
        GrainMap differences = new(store.Identity.Geometry.GrainCount, false);
        if (opening.Parts.Faults.ForgetDifferences)
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
            opening.Events.Report(PairEventId.MapPageCorrupt, ("page", page));
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

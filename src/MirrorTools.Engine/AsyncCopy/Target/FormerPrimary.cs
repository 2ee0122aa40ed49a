using MirrorTools.Engine.AsyncCopy.Source;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Target;

namespace MirrorTools.Engine.AsyncCopy.Target;

/// <summary>What a secondary that was the primary before knows of its grains: those that may differ from what the new primary holds (F-16).</summary>
internal static class FormerPrimary
{
    /// <summary>Loads them.</summary>
    public static async Task<GrainMap> LoadDifferencesAsync(TargetOpening opening)
    {
        if (opening.Parts.Faults.ForgetDifferences)
        {
            return new GrainMap(opening.Geometry.GrainCount, false);
        }

        // What no page was written for was never in sync.
        GrainMap differences = new(opening.Geometry.GrainCount, true);
        MapLoadResult loaded = await AsyncLoader.LoadAsync(differences, opening.Store, opening.Record.SourceRoleOrdinal);
        foreach (int page in loaded.UnknownPages(afterCleanClose: true))
        {
            opening.Events.Report(PairEventId.MapPageCorrupt, ("page", page));
            differences.SetRange(differences.GrainsOf(page));
        }

        return differences;
    }
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Brings site 1's maps back from disk: folds what was renewed since, and takes what was hot at an unclean stop for different (F-18, F-19).</summary>
internal static class SourceLoader
{
    /// <summary>Loads the maps.</summary>
    /// <param name="maps">Empty maps, or maps derived from a failover's.</param>
    /// <param name="opening">What they are loaded from.</param>
    public static async Task LoadAsync(SourceMaps maps, SourceOpening opening)
    {
        PairRecord record = opening.Record;
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

        MapLoadResult result = await opening.Store.SourceMaps.LoadAsync([maps.InB, maps.OnC, future, maps.Cycle], Fold, CancellationToken.None);
        foreach (int page in result.CutPages)
        {
            maps.Touched(maps.InB.GrainsOf(page));
        }

        foreach (int page in result.UnknownPages(opening.Log.WasClosedCleanly))
        {
            opening.Events.Report(PairEventId.MapPageCorrupt, ("page", page));
            maps.ForgetCopies(maps.InB.GrainsOf(page));
        }

        if (record.FirstIntermediateLent || record.Suspended == SuspendReason.FirstIntermediateFailed)
        {
            // The pages may be older than the loan or the fault.
            maps.InB.Reset(false);
            maps.TouchAll();
        }

        opening.ForgetHotRegions(
            maps.ForgetCopies,
            () =>
            {
                maps.InB.Reset(false);
                maps.OnC.Reset(false);
                maps.TouchAll();
            });
    }
}

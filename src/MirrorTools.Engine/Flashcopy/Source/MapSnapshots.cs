using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Copies of site 1's maps.</summary>
internal static class MapSnapshots
{
    private const int MapCount = 4;
    private const int FutureMap = 2;

    /// <summary>A copy of one map.</summary>
    public static GrainMap Of(SourceMaps maps, SourceMapKind kind)
    {
        GrainMap copy = new(maps.Geometry.GrainCount, false);
        switch (kind)
        {
            case SourceMapKind.Copied:
                GrainMap.Or(copy, maps.InB);
                GrainMap.And(copy, maps.OnC);
                break;
            case SourceMapKind.Future:
                GrainMap.Or(copy, maps.Mode.Future);
                break;
            case SourceMapKind.InB:
                GrainMap.Or(copy, maps.InB);
                break;
            case SourceMapKind.OnC:
                GrainMap.Or(copy, maps.OnC);
                break;
            case SourceMapKind.Cycle:
                GrainMap.Or(copy, maps.Cycle);
                break;
            default:
                throw new PairException(PairError.NoSuchMap, $"A pair of the flashcopy service has no map {kind}. Get-GrainBitmap -Map Copied, Future shows what there is.");
        }

        return copy;
    }

    /// <summary>Where the source and the committed image may differ.</summary>
    public static GrainMap Differences(SourceMaps maps)
    {
        GrainMap union = new(maps.Geometry.GrainCount, false);
        GrainMap.OrNot(union, maps.OnC);
        GrainMap.Or(union, maps.Mode.Future);
        GrainMap.Or(union, maps.Cycle);
        if (maps.Mode.Retiring is { } retiring)
        {
            GrainMap.Or(union, retiring);
        }

        return union;
    }

    /// <summary>What the pages hold now; the last map first, so that a future bit never shows without its copied bits (F-7).</summary>
    /// <param name="maps">The maps.</param>
    /// <param name="pages">The pages, ascending.</param>
    /// <param name="withoutIntermediate">The first intermediate counts as empty.</param>
    public static MapPageSnapshot OfPages(SourceMaps maps, IReadOnlyCollection<int> pages, bool withoutIntermediate)
    {
        MapPageSnapshot snapshot = new([.. pages], MapCount);
        GrainMap[] live = [maps.InB, maps.OnC, maps.Mode.Future, maps.Cycle];
        GrainMap? retiring = maps.Mode.Retiring;
        Span<ulong> more = stackalloc ulong[GrainMap.WordsPerPage];
        for (int index = 0; index < snapshot.Pages.Count; index++)
        {
            for (int map = MapCount - 1; map >= (withoutIntermediate ? 1 : 0); map--)
            {
                Span<ulong> words = snapshot.WordsAt(index, map);
                live[map].ReadPage(snapshot.Pages[index], words);
                if (map == FutureMap && retiring is not null)
                {
                    retiring.ReadPage(snapshot.Pages[index], more);
                    for (int word = 0; word < words.Length; word++)
                    {
                        words[word] |= more[word];
                    }
                }
            }
        }

        return snapshot;
    }
}

using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Which pages of site 1's maps are written next, and what they held before the flush that precedes them (F-18). On the pair's scheduler.</summary>
internal sealed class SourcePages(SourceMaps maps, DirtyRegionLog log)
{
    private const int MapCount = 4;
    private const int FutureMap = 2;

    private int _next;

    /// <summary>How many pages the maps have.</summary>
    public int Count => maps.InB.PageCount;

    /// <summary>The pages that are behind of those regions that are still cooling.</summary>
    public SortedSet<int> TakeOf(IReadOnlyList<long> regions)
    {
        SortedSet<int> taken = [];
        foreach (long region in regions)
        {
            if (log.StateOf(region) != RegionState.Cooling)
            {
                continue;
            }

            GrainRange grains = log.GrainsOf(region);
            for (int page = GrainMap.PageOf(grains.First); page <= GrainMap.PageOf(grains.End - 1); page++)
            {
                int cursor = page;
                if (maps.Behind.IsMarked(page) && maps.Behind.TakeNext(ref cursor, out int behind))
                {
                    taken.Add(behind);
                }
            }
        }

        return taken;
    }

    /// <summary>Adds pages that are behind, whoever changed them; each call goes on where the last one ended, so that none is passed over for ever.</summary>
    public void TakeMore(SortedSet<int> taken, int maximum)
    {
        int first = _next;
        TakeFrom(ref _next, Count, taken, maximum);
        if (_next >= Count)
        {
            _next = 0;
            TakeFrom(ref _next, first, taken, maximum);
        }
    }

    /// <summary>Adds pages that are behind, from the cursor on.</summary>
    public void TakeFrom(ref int cursor, SortedSet<int> taken, int maximum) => TakeFrom(ref cursor, Count, taken, maximum);

    /// <summary>They could not be written.</summary>
    public void Return(IEnumerable<int> pages)
    {
        foreach (int page in pages)
        {
            maps.Behind.Mark(page);
        }
    }

    /// <summary>What the pages hold now; the last map first, so that a future bit never shows without its copied bits (F-7).</summary>
    /// <param name="pages">The pages, ascending.</param>
    /// <param name="withoutIntermediate">The first intermediate counts as empty.</param>
    public MapPageSnapshot Snapshot(IReadOnlyCollection<int> pages, bool withoutIntermediate)
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

    private void TakeFrom(ref int cursor, int end, SortedSet<int> taken, int maximum)
    {
        while (taken.Count < maximum)
        {
            int from = cursor;
            if (!maps.Behind.TakeNext(ref from, out int page))
            {
                cursor = end;
                return;
            }

            if (page >= end)
            {
                maps.Behind.Mark(page);
                cursor = end;
                return;
            }

            cursor = from;
            taken.Add(page);
        }
    }
}

using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>Which pages of a site's maps are written next (F-18). On the pair's scheduler.</summary>
/// <param name="behind">The pages that are behind.</param>
/// <param name="log">The site's dirty-region log.</param>
/// <param name="keepsMarks">
/// True where a page stays marked until it is written, since a commit that comes in between has to write it too; false where it is taken.
/// </param>
internal sealed class BehindPages(DirtyPages behind, DirtyRegionLog log, bool keepsMarks)
{
    private int _next;

    /// <summary>How many pages the maps have.</summary>
    public int Count => behind.PageCount;

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
            int cursor = GrainMap.PageOf(grains.First);
            TakeFrom(ref cursor, GrainMap.PageOf(grains.End - 1) + 1, taken, int.MaxValue);
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
            behind.Mark(page);
        }
    }

    private void TakeFrom(ref int cursor, int end, SortedSet<int> taken, int maximum)
    {
        while (cursor < end && taken.Count < maximum)
        {
            int page = behind.Next(cursor);
            if (page >= end)
            {
                cursor = end;
                return;
            }

            cursor = page + 1;
            taken.Add(page);
            if (!keepsMarks)
            {
                behind.Clear(page);
            }
        }
    }
}

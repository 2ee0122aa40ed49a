using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// Copies of a few pages of one to four maps, as they were when they were taken. Where a flush has to come between the look at the maps and the write of their pages
/// (F-18), this is what is written: bits that are set while the flush runs speak of data that it may not have covered. It costs as much as its pages, whatever the maps' size.
/// </summary>
public sealed class MapPageSnapshot
{
    private readonly int[] _pages;
    private readonly ulong[] _words;

    /// <summary>Makes room for pages; <see cref="WordsAt"/> is filled by the caller.</summary>
    /// <param name="pages">The pages, ascending.</param>
    /// <param name="mapCount">How many maps a page has: one to four.</param>
    public MapPageSnapshot(IReadOnlyList<int> pages, int mapCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mapCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mapCount, MapPageHeader.MaximumMaps);
        _pages = [.. pages];
        MapCount = mapCount;
        _words = new ulong[_pages.Length * mapCount * GrainMap.WordsPerPage];
    }

    /// <summary>The pages, ascending.</summary>
    public IReadOnlyList<int> Pages => _pages;

    /// <summary>How many maps a page has.</summary>
    public int MapCount { get; }

    /// <summary>The words of one map of the page at a place in <see cref="Pages"/>.</summary>
    public Span<ulong> WordsAt(int index, int map) => _words.AsSpan(((index * MapCount) + map) * GrainMap.WordsPerPage, GrainMap.WordsPerPage);

    internal void ReadPage(int page, int map, Span<ulong> words) => WordsAt(Array.BinarySearch(_pages, page), map).CopyTo(words);
}

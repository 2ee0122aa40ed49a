using System.Numerics;

namespace MirrorTools.Engine.Maps;

/// <summary>The pages whose durable copy is behind. Every operation is atomic and may race with every other.</summary>
/// <param name="pageCount">How many pages the maps have.</param>
public sealed class DirtyPages(int pageCount)
{
    private readonly ulong[] _words = new ulong[(pageCount + 63) / 64];
    private readonly ulong[] _summary = new ulong[(((pageCount + 63) / 64) + 63) / 64];

    /// <summary>How many pages there are.</summary>
    public int PageCount => pageCount;

    /// <summary>True where a page is marked.</summary>
    public bool IsMarked(int page) => (Volatile.Read(ref _words[page >> 6]) >> (page & 63) & 1) != 0;

    /// <summary>True where no page is marked.</summary>
    public bool IsEmpty
    {
        get
        {
            int cursor = 0;
            return !Find(ref cursor, out _);
        }
    }

    /// <summary>Marks a page; true where it was not marked.</summary>
    public bool Mark(int page)
    {
        ulong bit = 1UL << (page & 63);
        ref ulong word = ref _words[page >> 6];

        // A mark that is already there needs no write: the page's line stays shared between cores. The taker clears before it reads the map,
        // so a bit that was changed before this look is seen by whoever takes the mark later.
        Interlocked.MemoryBarrier();
        if ((Volatile.Read(ref word) & bit) != 0)
        {
            return false;
        }

        bool changed = (Interlocked.Or(ref word, bit) & bit) == 0;
        Interlocked.Or(ref _summary[page >> 12], 1UL << (page >> 6 & 63));
        return changed;
    }

    /// <summary>Marks a run of pages.</summary>
    public void MarkRange(int firstPage, int count)
    {
        for (int page = firstPage; page < firstPage + count; page++)
        {
            Mark(page);
        }
    }

    /// <summary>Marks every page.</summary>
    public void MarkAll() => MarkRange(0, pageCount);

    /// <summary>Takes the first marked page at or after the cursor and clears its mark; moves the cursor behind it.</summary>
    /// <returns>False where no page from the cursor on is marked.</returns>
    public bool TakeNext(ref int cursor, out int page)
    {
        while (Find(ref cursor, out page))
        {
            cursor = page + 1;
            ulong bit = 1UL << (page & 63);
            if ((Interlocked.And(ref _words[page >> 6], ~bit) & bit) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes every marked page, ascending, at most <paramref name="maximum"/>.</summary>
    public IReadOnlyList<int> TakeAll(int maximum = int.MaxValue)
    {
        List<int> pages = [];
        int cursor = 0;
        while (pages.Count < maximum && TakeNext(ref cursor, out int page))
        {
            pages.Add(page);
        }

        return pages;
    }

    private bool Find(ref int cursor, out int page)
    {
        while (cursor < pageCount)
        {
            int group = cursor >> 12;
            ulong summary = Volatile.Read(ref _summary[group]) & (ulong.MaxValue << (cursor >> 6 & 63));
            if (summary == 0)
            {
                cursor = (group + 1) << 12;
                continue;
            }

            int wordIndex = (group << 6) + BitOperations.TrailingZeroCount(summary);
            int from = Math.Max(cursor, wordIndex << 6);
            ulong word = Volatile.Read(ref _words[wordIndex]) & (ulong.MaxValue << (from & 63));
            if (word != 0)
            {
                page = (wordIndex << 6) + BitOperations.TrailingZeroCount(word);
                return true;
            }

            cursor = (wordIndex + 1) << 6;
        }

        page = -1;
        return false;
    }
}

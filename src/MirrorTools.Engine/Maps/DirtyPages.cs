using System.Numerics;

namespace MirrorTools.Engine.Maps;

/// <summary>The pages whose durable copy is behind. Every operation is atomic and may race with every other.</summary>
/// <remarks>
/// Whoever changes a page marks it after the change; whoever persists it takes the mark before reading the page. So a change is either in what was read,
/// or its mark is still there.
/// </remarks>
/// <param name="pageCount">How many pages the maps have.</param>
public sealed class DirtyPages(int pageCount)
{
    private readonly ulong[] _words = new ulong[(pageCount + 63) / 64];

    /// <summary>How many pages there are.</summary>
    public int PageCount => pageCount;

    /// <summary>True where no page is marked.</summary>
    public bool IsEmpty => Find(0) == pageCount;

    /// <summary>How many pages are marked.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach (ulong word in _words)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>True where a page is marked.</summary>
    public bool IsMarked(int page) => (Volatile.Read(ref _words[page >> 6]) & (1UL << (page & 63))) != 0;

    /// <summary>Marks a page; true where it was not marked.</summary>
    public bool Mark(int page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)pageCount);
        ulong bit = 1UL << (page & 63);
        ref ulong word = ref _words[page >> 6];

        // A mark that is there already needs no write, which keeps the word shared between cores. The fence keeps this look after the caller's
        // change, or a taker could clear the mark and read the page in between.
        Interlocked.MemoryBarrier();
        return (Volatile.Read(ref word) & bit) == 0 && (Interlocked.Or(ref word, bit) & bit) == 0;
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

    /// <summary>The first marked page at or after another one; <see cref="PageCount"/> where there is none.</summary>
    public int Next(int from) => Find(from);

    /// <summary>Clears a page's mark; true where it was marked.</summary>
    public bool Clear(int page)
    {
        ulong bit = 1UL << (page & 63);
        return (Interlocked.And(ref _words[page >> 6], ~bit) & bit) != 0;
    }

    /// <summary>Takes the first marked page at or after the cursor and clears its mark; moves the cursor behind it.</summary>
    /// <returns>False where no page from the cursor on is marked.</returns>
    public bool TakeNext(ref int cursor, out int page)
    {
        for (page = Find(cursor); page < pageCount; page = Find(cursor))
        {
            cursor = page + 1;
            if (Clear(page))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes marked pages, ascending, and clears their marks.</summary>
    /// <param name="maximum">How many pages at most.</param>
    public IReadOnlyList<int> Take(int maximum = int.MaxValue)
    {
        List<int> pages = [];
        int cursor = 0;
        while (pages.Count < maximum && TakeNext(ref cursor, out int page))
        {
            pages.Add(page);
        }

        return pages;
    }

    private int Find(int from)
    {
        if (from >= pageCount)
        {
            return pageCount;
        }

        int index = from >> 6;
        ulong word = Volatile.Read(ref _words[index]) & (ulong.MaxValue << (from & 63));
        while (word == 0)
        {
            int next = _words.AsSpan(index + 1).IndexOfAnyExcept(0UL);
            if (next < 0)
            {
                return pageCount;
            }

            index += 1 + next;
            word = Volatile.Read(ref _words[index]);
        }

        return (index << 6) + BitOperations.TrailingZeroCount(word);
    }
}

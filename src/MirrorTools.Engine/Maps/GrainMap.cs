namespace MirrorTools.Engine.Maps;

/// <summary>
/// One bit per grain, in pages of <see cref="GrainsPerPage"/>. A page is uniform (all bits equal: no memory of its own) or materialised.
/// Bits beyond <see cref="GrainCount"/> are 0 and never counted.
/// </summary>
/// <remarks>
/// <para>Single bits and runs change by atomic operations per word, so they may race with each other, with readers and with the set algebra.
/// A uniform page refers to one of the map's shared constant arrays, so that reading needs no case; the first change puts an array of its own
/// in its place by compare-and-swap. That is one-way: only <see cref="LoadPage"/> and <see cref="Reset"/> take an array away, and allow no
/// concurrent writer for it. Uniform pages may turn into the other uniform value, since whoever saw the old one swaps against it.</para>
/// <para>See <see cref="PageCensus"/> for the summary level.</para>
/// </remarks>
public sealed partial class GrainMap
{
    /// <summary>How many grains a page holds.</summary>
    public const int GrainsPerPage = WordsPerPage * 64;

    /// <summary>How many 64-bit words a page holds: bit i of word w is grain w * 64 + i of the page.</summary>
    public const int WordsPerPage = 126;

    private readonly ulong[][] _pages;
    private readonly ulong[] _zeros = new ulong[WordsPerPage];
    private readonly ulong[] _ones = new ulong[WordsPerPage];
    private readonly ulong[] _lastOnes = new ulong[WordsPerPage];
    private readonly PageCensus _setBits;
    private readonly PageCensus _clearBits;

    /// <summary>Creates a map whose bits are all <paramref name="initialValue"/>; takes eight bytes a page.</summary>
    public GrainMap(long grainCount, bool initialValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(grainCount);
        GrainCount = grainCount;
        _pages = new ulong[PagesFor(grainCount)][];
        _setBits = new PageCensus(_pages.Length);
        _clearBits = new PageCensus(_pages.Length);

        Array.Fill(_ones, ulong.MaxValue);
        int inLastPage = GrainCountInPage(_pages.Length - 1);
        Array.Fill(_lastOnes, ulong.MaxValue, 0, inLastPage >> 6);
        if ((inLastPage & 63) != 0)
        {
            _lastOnes[inLastPage >> 6] = ulong.MaxValue >> (64 - (inLastPage & 63));
        }

        Reset(initialValue);
    }

    /// <summary>How many grains the map has.</summary>
    public long GrainCount { get; }

    /// <summary>How many pages the map has.</summary>
    public int PageCount => _pages.Length;

    /// <summary>The bit of a grain.</summary>
    public bool this[long grain]
    {
        get
        {
            int page = Locate(grain, out int word, out ulong bit);
            return (Volatile.Read(ref PageAt(page)[word]) & bit) != 0;
        }
    }

    /// <summary>How many pages a map of <paramref name="grainCount"/> grains has.</summary>
    public static int PagesFor(long grainCount) => checked((int)((grainCount + GrainsPerPage - 1) / GrainsPerPage));

    /// <summary>The page that holds a grain.</summary>
    public static int PageOf(long grain) => (int)(grain / GrainsPerPage);

    /// <summary>The grains of a page; fewer than <see cref="GrainsPerPage"/> in the last one.</summary>
    public GrainRange GrainsOf(int page) => new((long)page * GrainsPerPage, GrainCountInPage(page));

    /// <summary>How many grains a page holds.</summary>
    public int GrainCountInPage(int page) => (int)Math.Min(GrainsPerPage, GrainCount - ((long)page * GrainsPerPage));

    /// <summary>Sets a bit atomically; true where it was 0. Allocates only where the page was uniformly 0.</summary>
    public bool Set(long grain)
    {
        int page = Locate(grain, out int word, out ulong bit);
        if ((Volatile.Read(ref PageAt(page)[word]) & bit) != 0)
        {
            return false;
        }

        bool changed = (Interlocked.Or(ref Materialise(page)[word], bit) & bit) == 0;
        if (changed)
        {
            _setBits.Appeared(page);
        }

        return changed;
    }

    /// <summary>Clears a bit atomically; true where it was 1. Allocates only where the page was uniformly 1.</summary>
    public bool Clear(long grain)
    {
        int page = Locate(grain, out int word, out ulong bit);
        if ((Volatile.Read(ref PageAt(page)[word]) & bit) == 0)
        {
            return false;
        }

        bool changed = (Interlocked.And(ref Materialise(page)[word], ~bit) & bit) != 0;
        if (changed)
        {
            _clearBits.Appeared(page);
        }

        return changed;
    }

    /// <summary>Sets all bits to one value and gives the memory back. Only without concurrent writers.</summary>
    public void Reset(bool value)
    {
        Array.Fill(_pages, value ? _ones : _zeros);
        _pages[^1] = Uniform(_pages.Length - 1, value);
        _setBits.Reset();
        _clearBits.Reset();
    }

    /// <summary>Gives the pages of a run their memory beforehand, so that the hot path never allocates.</summary>
    public void MaterialisePages(GrainRange range)
    {
        for (int page = PageOf(range.First); range.Count > 0 && page <= PageOf(range.End - 1); page++)
        {
            Materialise(page);
        }
    }

    private ulong[] PageAt(int page) => Volatile.Read(ref _pages[page]);

    private ulong[] Uniform(int page, bool value) => !value ? _zeros : page == _pages.Length - 1 ? _lastOnes : _ones;

    private bool IsShared(ulong[] words) => words == _zeros || words == _ones || words == _lastOnes;

    private int Locate(long grain, out int word, out ulong bit)
    {
        if ((ulong)grain >= (ulong)GrainCount)
        {
            throw new ArgumentOutOfRangeException(nameof(grain), grain, $"The map has {GrainCount} grains.");
        }

        int page = PageOf(grain);
        int inPage = (int)(grain - ((long)page * GrainsPerPage));
        word = inPage >> 6;
        bit = 1UL << (inPage & 63);
        return page;
    }

    /// <summary>The page's own array.</summary>
    private ulong[] Materialise(int page)
    {
        while (true)
        {
            ulong[] words = PageAt(page);
            if (!IsShared(words))
            {
                return words;
            }

            ulong[] own = [.. words];
            if (Interlocked.CompareExchange(ref _pages[page], own, words) == words)
            {
                return own;
            }
        }
    }
}

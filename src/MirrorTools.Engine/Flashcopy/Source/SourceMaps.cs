using System.Numerics;
using System.Runtime.CompilerServices;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// The maps of site 1 [90, 91]: <c>copied1</c> in its two halves <c>inB</c> and <c>onC</c>, <c>future1</c>, and <c>cycle1</c>. Hosts' writes
/// mark them concurrently; everything else happens on the pair's scheduler.
/// </summary>
internal sealed class SourceMaps
{
    private readonly int[] _uncopiedInPage;
    private readonly DirtyPages _recount;
    private GrainMap? _spare;

    public SourceMaps(GrainGeometry geometry)
    {
        Geometry = geometry;
        InB = new GrainMap(geometry.GrainCount, false);
        OnC = new GrainMap(geometry.GrainCount, false);
        Cycle = new GrainMap(geometry.GrainCount, false);
        GrainMap future = new(geometry.GrainCount, false);
        Mode = new WriteMode { Future = future };
        Behind = new DirtyPages(InB.PageCount);
        _recount = new DirtyPages(InB.PageCount);
        _recount.MarkAll();
        _uncopiedInPage = new int[InB.PageCount];
    }

    public GrainGeometry Geometry { get; }

    /// <summary>1: B holds the grain's content as of the point (or the source's, between points).</summary>
    public GrainMap InB { get; }

    /// <summary>1: site 2 holds it.</summary>
    public GrainMap OnC { get; }

    /// <summary>1: the source and the committed image may differ here (kept until a commit is known).</summary>
    public GrainMap Cycle { get; }

    /// <summary>Pages whose durable copy is behind.</summary>
    public DirtyPages Behind { get; }

    /// <summary>How many grains of the live cycle are not in B and on C yet; counted, not polled (F-8).</summary>
    public long Uncopied { get; private set; }

    /// <summary>How many grains the live cycle began with.</summary>
    public long CycleGrains { get; private set; }

    /// <summary>What host writes do at present.</summary>
    public WriteMode Mode
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>True where a host may overwrite the grain in the source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayOverwrite(WriteMode mode, long grain, bool localIsEnough) =>
        InB[grain]
        && (localIsEnough || !mode.WaitsForC || OnC[grain])
        && (mode.Retiring is not { } retiring || !retiring[grain]);

    /// <summary>Records that a host write is about to change the grain (F-5, F-7).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Mark(WriteMode mode, long grain)
    {
        bool changed;
        if (!mode.MarksFuture)
        {
            changed = (InB[grain] && InB.Clear(grain)) | (OnC[grain] && OnC.Clear(grain));
            MarkForRecount(changed, grain);
        }
        else if (InB[grain])
        {
            changed = !mode.Future[grain] && mode.Future.Set(grain);
        }
        else
        {
            changed = OnC[grain] && OnC.Clear(grain);
            MarkForRecount(changed, grain);
        }

        if (changed)
        {
            Behind.Mark(GrainMap.PageOf(grain));
        }
    }

    /// <summary>An empty map to become the future map at the next point; made outside the gate.</summary>
    public GrainMap TakeSpare()
    {
        GrainMap map = _spare ?? new GrainMap(Geometry.GrainCount, false);
        _spare = null;
        return map;
    }

    /// <summary>
    /// The renewal of F-3 in its form that holds at any time: both halves lose what <paramref name="retired"/> marks. Grains that are then uncopied join the cycle map.
    /// Runs outside the gate and visits changed pages only.
    /// </summary>
    public void Renew(GrainMap retired, bool beginsCycle)
    {
        void Changed(int page)
        {
            Behind.Mark(page);
            _recount.Mark(page);
        }

        GrainMap.AndNot(InB, retired, Changed);
        GrainMap.AndNot(OnC, retired, Changed);
        retired.Reset(false);
        _spare = retired;
        if (beginsCycle)
        {
            CountAndJoinCycle();
        }
    }

    /// <summary>Counts what is uncopied, page by page where something changed, and unites it with the cycle map.</summary>
    public void CountAndJoinCycle()
    {
        Recount();
        if (Uncopied > 0)
        {
            Span<ulong> uncopied = stackalloc ulong[GrainMap.WordsPerPage];
            for (int page = 0; page < _uncopiedInPage.Length; page++)
            {
                if (_uncopiedInPage[page] > 0)
                {
                    JoinCycle(page, uncopied);
                }
            }
        }

        CycleGrains = Uncopied;
    }

    /// <summary>Brings the counts up to date with what changed outside <see cref="SetInB"/> and <see cref="SetOnC"/>.</summary>
    public void Recount()
    {
        int cursor = 0;
        Span<ulong> uncopied = stackalloc ulong[GrainMap.WordsPerPage];
        while (_recount.TakeNext(ref cursor, out int page))
        {
            UncopiedWords(page, uncopied);
            int count = 0;
            foreach (ulong word in uncopied)
            {
                count += BitOperations.PopCount(word);
            }

            Uncopied += count - _uncopiedInPage[page];
            _uncopiedInPage[page] = count;
        }
    }

    /// <summary>B has the grains.</summary>
    public void SetInB(GrainRange range) => SetHalf(InB, OnC, range);

    /// <summary>C has the grains.</summary>
    public void SetOnC(GrainRange range) => SetHalf(OnC, InB, range);

    /// <summary>C does not have the grains after all (F-21).</summary>
    public void ClearOnC(GrainRange range)
    {
        OnC.ClearRange(range);
        Touched(range);
    }

    /// <summary>Both halves are unknown: a region that was hot at an unclean stop (F-18).</summary>
    public void ForgetCopies(GrainRange range)
    {
        InB.ClearRange(range);
        OnC.ClearRange(range);
        Touched(range);
    }

    /// <summary>Marks pages that were changed as a whole.</summary>
    public void TouchAll()
    {
        Behind.MarkAll();
        _recount.MarkAll();
    }

    /// <summary>Marks the pages of a range as changed.</summary>
    public void Touched(GrainRange range)
    {
        int first = GrainMap.PageOf(range.First);
        for (int page = first; page <= GrainMap.PageOf(range.End - 1); page++)
        {
            Behind.Mark(page);
            _recount.Mark(page);
        }
    }

    /// <summary>The first grain at or after <paramref name="from"/> that is to be copied; the grain count where there is none.</summary>
    /// <param name="from">Where to begin.</param>
    /// <param name="localOnly">Only what B lacks counts: the other site is away.</param>
    public long NextUncopied(long from, bool localOnly)
    {
        while (from < Geometry.GrainCount)
        {
            int page = GrainMap.PageOf(from);
            if (_uncopiedInPage[page] == 0)
            {
                from = (page + 1L) * GrainMap.GrainsPerPage;
                continue;
            }

            long end = Math.Min((page + 1L) * GrainMap.GrainsPerPage, Geometry.GrainCount);
            long inB = InB.NextClear(from);
            long next = localOnly ? inB : Math.Min(inB, OnC.NextClear(from));
            if (next < end)
            {
                return next;
            }

            from = end;
        }

        return Geometry.GrainCount;
    }

    private void SetHalf(GrainMap half, GrainMap other, GrainRange range)
    {
        if (range.Count > GrainMap.GrainsPerPage / 8)
        {
            // A long run of zeros: counting its pages anew is less work than looking at each grain.
            half.SetRange(range);
            Touched(range);
            Recount();
            return;
        }

        for (long grain = range.First; grain < range.End; grain++)
        {
            if (half.Set(grain) && other[grain])
            {
                Uncopied--;
                _uncopiedInPage[GrainMap.PageOf(grain)]--;
            }
        }

        for (int page = GrainMap.PageOf(range.First); page <= GrainMap.PageOf(range.End - 1); page++)
        {
            Behind.Mark(page);
        }
    }

    private void JoinCycle(int page, Span<ulong> uncopied)
    {
        UncopiedWords(page, uncopied);
        Span<ulong> cycle = stackalloc ulong[GrainMap.WordsPerPage];
        Cycle.ReadPage(page, cycle);
        for (int word = 0; word < uncopied.Length; word++)
        {
            cycle[word] |= uncopied[word];
        }

        Cycle.LoadPage(page, cycle);
        Behind.Mark(page);
    }

    private void UncopiedWords(int page, Span<ulong> words)
    {
        if (InB.IsUniform(page, out bool inB) && OnC.IsUniform(page, out bool onC) && inB && onC)
        {
            words.Clear();
            return;
        }

        Span<ulong> other = stackalloc ulong[GrainMap.WordsPerPage];
        InB.ReadPage(page, words);
        OnC.ReadPage(page, other);
        int grains = InB.GrainCountInPage(page);
        for (int word = 0; word < words.Length; word++)
        {
            int left = grains - (word * 64);
            ulong valid = left >= 64 ? ulong.MaxValue : left <= 0 ? 0 : (1UL << left) - 1;
            words[word] = ~(words[word] & other[word]) & valid;
        }
    }

    private void MarkForRecount(bool changed, long grain)
    {
        if (changed)
        {
            _recount.Mark(GrainMap.PageOf(grain));
        }
    }
}

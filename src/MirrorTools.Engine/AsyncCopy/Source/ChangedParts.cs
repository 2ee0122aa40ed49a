using System.Numerics;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// Which parts of a grain were written since it was last taken: a word for each grain, a bit for each sixty-fourth of it, so that a small write into a large grain costs the link what it
/// wrote. In memory only. Hosts' writes mark from any thread.
/// </summary>
/// <remarks>
/// A word of zeros says nothing: then the whole grain is sent. Whoever marks a grain out of sync for another reason than a write says so by <see cref="AsyncMaps.Whole"/>. A writer sets
/// bits first and marks the grain after; the drain clears the mark first and takes the bits after; so that bits are never taken without the grain being read later, or marked again.
/// </remarks>
internal sealed class ChangedParts
{
    private const int PartsPerGrain = 64;

    private readonly GrainGeometry _geometry;
    private readonly ulong[]?[] _pages;
    private readonly int _partShift;

    public ChangedParts(GrainGeometry geometry)
    {
        _geometry = geometry;
        _pages = new ulong[GrainMap.PagesFor(geometry.GrainCount)][];
        _partShift = BitOperations.Log2((uint)Math.Max(512, geometry.GrainBytes / PartsPerGrain));
    }

    /// <summary>Marks what a write covers. Allocates only where no grain of the page was written since the process began.</summary>
    public void Mark(long offsetBytes, long lengthBytes)
    {
        long end = offsetBytes + lengthBytes;
        for (long grain = _geometry.GrainAt(offsetBytes); offsetBytes < end; grain++)
        {
            long start = _geometry.OffsetOf(grain);
            int first = (int)((offsetBytes - start) >> _partShift);
            int last = (int)((Math.Min(end, start + _geometry.GrainBytes) - start - 1) >> _partShift);
            ulong bits = (ulong.MaxValue >> (PartsPerGrain - 1 - (last - first))) << first;
            ref ulong word = ref PageOf(grain)[grain % GrainMap.GrainsPerPage];
            if ((Volatile.Read(ref word) & bits) != bits)
            {
                Interlocked.Or(ref word, bits);
            }
            else
            {
                // As strong as the other way: the look at the grain's mark comes after.
                Interlocked.MemoryBarrier();
            }

            offsetBytes = start + _geometry.GrainBytes;
        }
    }

    /// <summary>What of a grain was written, from the first such part to the last one.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="takes">True where that is forgotten: after the grain's mark was cleared, and before it is read.</param>
    /// <param name="skipBytes">Where in the grain it begins.</param>
    /// <param name="lengthBytes">How long it is.</param>
    /// <returns>False where nothing is known of it, or where the whole grain is cheaper.</returns>
    public bool TryFind(long grain, bool takes, out int skipBytes, out int lengthBytes)
    {
        (skipBytes, lengthBytes) = (0, 0);
        if (Volatile.Read(ref _pages[GrainMap.PageOf(grain)]) is not { } page)
        {
            return false;
        }

        ref ulong word = ref page[grain % GrainMap.GrainsPerPage];
        ulong bits = takes ? Interlocked.Exchange(ref word, 0) : Volatile.Read(ref word);
        if (bits == 0)
        {
            return false;
        }

        int whole = (int)_geometry.LengthOf(grain, 1);
        skipBytes = BitOperations.TrailingZeroCount(bits) << _partShift;
        lengthBytes = Math.Min((BitOperations.Log2(bits) + 1) << _partShift, whole) - skipBytes;
        return lengthBytes > 0 && lengthBytes * 2L <= whole;
    }

    /// <summary>Forgets what was written of grains that are taken as a whole.</summary>
    public void Forget(GrainRange grains)
    {
        for (long grain = grains.First; grain < grains.End;)
        {
            if (Volatile.Read(ref _pages[GrainMap.PageOf(grain)]) is not { } page)
            {
                grain = (GrainMap.PageOf(grain) + 1L) * GrainMap.GrainsPerPage;
                continue;
            }

            Interlocked.Exchange(ref page[grain % GrainMap.GrainsPerPage], 0);
            grain++;
        }
    }

    /// <summary>What was written of some grains counts in another set from now on, and not in this one.</summary>
    /// <param name="other">The other set.</param>
    /// <param name="grains">The grains.</param>
    public void MoveTo(ChangedParts other, GrainMap grains)
    {
        for (int index = 0; index < _pages.Length; index++)
        {
            if (Volatile.Read(ref _pages[index]) is not { } page)
            {
                continue;
            }

            long first = (long)index * GrainMap.GrainsPerPage;
            long end = Math.Min(first + GrainMap.GrainsPerPage, _geometry.GrainCount);
            for (long grain = grains.NextSet(first); grain < end; grain = grains.NextSet(grain + 1))
            {
                ulong bits = Interlocked.Exchange(ref page[grain - first], 0);
                if (bits != 0)
                {
                    Interlocked.Or(ref other.PageOf(grain)[grain - first], bits);
                }
            }
        }
    }

    private ulong[] PageOf(long grain)
    {
        ref ulong[]? page = ref _pages[GrainMap.PageOf(grain)];
        return Volatile.Read(ref page) ?? Interlocked.CompareExchange(ref page, new ulong[GrainMap.GrainsPerPage], null) ?? page!;
    }
}

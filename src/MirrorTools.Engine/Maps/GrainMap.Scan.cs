using System.Numerics;

namespace MirrorTools.Engine.Maps;

/// <content>Finding and counting bits.</content>
public sealed partial class GrainMap
{
    /// <summary>Counts the ones.</summary>
    public long CountSet() => CountSet(new GrainRange(0, GrainCount));

    /// <summary>Counts the ones of a run.</summary>
    public long CountSet(GrainRange range)
    {
        Check(range);
        long count = 0;
        for (long from = range.First; from < range.End;)
        {
            int page = PageOf(from);
            GrainRange grains = GrainsOf(page);
            long end = Math.Min(range.End, grains.End);
            count += KnownValue(page) switch
            {
                true => end - from,
                false => 0,
                null => CountInPage(PageAt(page), (int)(from - grains.First), (int)(end - grains.First)),
            };
            from = end;
        }

        return count;
    }

    /// <summary>The first grain at or after <paramref name="from"/> whose bit is 1; <see cref="GrainCount"/> where there is none.</summary>
    public long NextSet(long from) => Find(from, GrainCount, value: true);

    /// <summary>The first grain at or after <paramref name="from"/> whose bit is 0; <see cref="GrainCount"/> where there is none.</summary>
    public long NextClear(long from) => Find(from, GrainCount, value: false);

    /// <summary>The first grain after <paramref name="from"/> whose bit differs from that of <paramref name="from"/>; <see cref="GrainCount"/> where there is none.</summary>
    public long RunEnd(long from) => Find(from + 1, GrainCount, value: !this[from]);

    /// <summary>True where every bit of the run is 1.</summary>
    public bool AllSet(GrainRange range)
    {
        Check(range);
        return Find(range.First, range.End, value: false) == range.End;
    }

    /// <summary>True where every bit of the run is 0.</summary>
    public bool NoneSet(GrainRange range)
    {
        Check(range);
        return Find(range.First, range.End, value: true) == range.End;
    }

    /// <summary>The runs of equal bits with the given value, ascending. Bits that change meanwhile may be seen either way.</summary>
    public IEnumerable<GrainRange> Ranges(bool value) => Ranges(new GrainRange(0, GrainCount), value);

    /// <summary>The runs of equal bits with the given value inside another run, ascending. Bits that change meanwhile may be seen either way.</summary>
    public IEnumerable<GrainRange> Ranges(GrainRange within, bool value)
    {
        Check(within);
        for (long first = Find(within.First, within.End, value); first < within.End;)
        {
            long end = Find(first + 1, within.End, !value);
            yield return new GrainRange(first, end - first);
            first = Find(end, within.End, value);
        }
    }

    private static int CountInPage(ulong[] words, int start, int end)
    {
        int first = start >> 6;
        int last = (end - 1) >> 6;
        ulong firstMask = ulong.MaxValue << (start & 63);
        ulong lastMask = ulong.MaxValue >> (63 - ((end - 1) & 63));
        if (first == last)
        {
            return BitOperations.PopCount(Volatile.Read(ref words[first]) & firstMask & lastMask);
        }

        int count = BitOperations.PopCount(Volatile.Read(ref words[first]) & firstMask)
            + BitOperations.PopCount(Volatile.Read(ref words[last]) & lastMask);

        // Two sums, since the processor counts one word per cycle only where a count does not wait for the one before: that outruns memory,
        // so wider vectors would gain nothing.
        ReadOnlySpan<ulong> middle = words.AsSpan(first + 1, last - first - 1);
        int other = 0;
        int index = 0;
        for (; index + 1 < middle.Length; index += 2)
        {
            count += BitOperations.PopCount(middle[index]);
            other += BitOperations.PopCount(middle[index + 1]);
        }

        return count + other + (index < middle.Length ? BitOperations.PopCount(middle[index]) : 0);
    }

    /// <summary>The first grain of the page, counted in the page, at or after <paramref name="start"/>, whose word differs there from <paramref name="skip"/>.</summary>
    private static int FindInPage(ulong[] words, int start, int count, ulong skip)
    {
        int word = start >> 6;
        ulong found = (Volatile.Read(ref words[word]) ^ skip) & (ulong.MaxValue << (start & 63));
        while (found == 0)
        {
            int next = words.AsSpan(word + 1).IndexOfAnyExcept(skip);
            if (next < 0)
            {
                return count;
            }

            word += 1 + next;
            found = Volatile.Read(ref words[word]) ^ skip;
        }

        return Math.Min((word << 6) + BitOperations.TrailingZeroCount(found), count);
    }

    private long Find(long from, long end, bool value)
    {
        PageCensus census = value ? _setBits : _clearBits;
        ulong skip = value ? 0 : ulong.MaxValue;
        int page = PageOf(from);
        for (long pageFirst = (long)page * GrainsPerPage; pageFirst < end; page++, pageFirst += GrainsPerPage)
        {
            ulong[] words = PageAt(page);
            if (words == Uniform(page, !value) || census.IsNone(page))
            {
                continue;
            }

            int start = (int)Math.Max(0, from - pageFirst);
            int count = GrainCountInPage(page);
            bool counted = start == 0 && !IsShared(words) && census.TryBegin(page);
            int found = FindInPage(words, start, count, skip);
            if (counted)
            {
                census.End(page, none: found == count);
            }

            if (found < count)
            {
                return Math.Min(pageFirst + found, end);
            }
        }

        return end;
    }

    /// <summary>The value of all bits of a page where that is known without looking at them.</summary>
    private bool? KnownValue(int page)
    {
        ulong[] words = PageAt(page);
        if (words == _zeros || _setBits.IsNone(page))
        {
            return false;
        }

        return IsShared(words) || _clearBits.IsNone(page) ? true : null;
    }

    private void Check(GrainRange range)
    {
        if (range.First < 0 || range.Count < 0 || range.Count > GrainCount - range.First)
        {
            throw new ArgumentOutOfRangeException(nameof(range), range, $"The map has {GrainCount} grains.");
        }
    }
}

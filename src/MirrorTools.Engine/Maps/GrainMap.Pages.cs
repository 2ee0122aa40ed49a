using System.Numerics;

namespace MirrorTools.Engine.Maps;

/// <content>Runs of bits, and whole pages on their way from and to the disk.</content>
public sealed partial class GrainMap
{
    /// <summary>Sets a run of bits, atomically per word; a uniform page that is covered whole stays uniform.</summary>
    /// <returns>How many bits were 0.</returns>
    public long SetRange(GrainRange range) => Change(range, value: true);

    /// <summary>Clears a run of bits, atomically per word; a uniform page that is covered whole stays uniform.</summary>
    /// <returns>How many bits were 1.</returns>
    public long ClearRange(GrainRange range) => Change(range, value: false);

    /// <summary>True where a page takes no memory since all its bits are <paramref name="value"/>.</summary>
    public bool IsUniform(int page, out bool value)
    {
        ulong[] words = PageAt(page);
        value = words != _zeros;
        return IsShared(words);
    }

    /// <summary>Copies a page's <see cref="WordsPerPage"/> words, each read atomically.</summary>
    public void ReadPage(int page, Span<ulong> words)
    {
        ulong[] source = PageAt(page);
        for (int index = 0; index < source.Length; index++)
        {
            words[index] = Volatile.Read(ref source[index]);
        }
    }

    /// <summary>Replaces a page; uniform where all bits are equal. Bits beyond the map are ignored. Only without concurrent writers.</summary>
    public void LoadPage(int page, ReadOnlySpan<ulong> words)
    {
        ulong[] valid = Uniform(page, true);
        ulong[] own = new ulong[WordsPerPage];
        for (int index = 0; index < own.Length; index++)
        {
            own[index] = words[index] & valid[index];
        }

        bool isZero = !own.AsSpan().ContainsAnyExcept(0UL);
        bool isOne = own.AsSpan().SequenceEqual(valid);
        Volatile.Write(ref _pages[page], isZero ? _zeros : isOne ? valid : own);
        _setBits.Forget(page);
        _clearBits.Forget(page);
    }

    private long Change(GrainRange range, bool value)
    {
        Check(range);
        long changed = 0;
        for (long from = range.First; from < range.End;)
        {
            int page = PageOf(from);
            GrainRange grains = GrainsOf(page);
            int start = (int)(from - grains.First);
            int end = (int)Math.Min(range.End - grains.First, grains.Count);
            if (start == 0 && end == grains.Count && TryMakeUniform(page, value, out bool hadOther))
            {
                changed += hadOther ? grains.Count : 0;
            }
            else
            {
                changed += ChangeInPage(page, start, end, value);
            }

            from = grains.First + end;
        }

        return changed;
    }

    /// <summary>Turns a uniform page into the other uniform value; false where the page is materialised.</summary>
    private bool TryMakeUniform(int page, bool value, out bool hadOther)
    {
        ulong[] wanted = Uniform(page, value);
        ulong[] words = PageAt(page);
        while (IsShared(words))
        {
            hadOther = words != wanted;
            if (!hadOther || Interlocked.CompareExchange(ref _pages[page], wanted, words) == words)
            {
                return true;
            }

            words = PageAt(page);
        }

        hadOther = false;
        return false;
    }

    private int ChangeInPage(int page, int start, int end, bool value)
    {
        if (KnownValue(page) == value)
        {
            return 0;
        }

        int changed = 0;
        ulong[] words = Materialise(page);
        for (int word = start >> 6; word <= (end - 1) >> 6; word++)
        {
            ulong mask = ulong.MaxValue << Math.Max(0, start - (word << 6)) & ulong.MaxValue >> Math.Max(0, ((word + 1) << 6) - end);
            ulong before = value ? ~Volatile.Read(ref words[word]) : Volatile.Read(ref words[word]);
            if ((before & mask) != 0)
            {
                before = value ? ~Interlocked.Or(ref words[word], mask) : Interlocked.And(ref words[word], ~mask);
                changed += BitOperations.PopCount(before & mask);
            }
        }

        if (changed > 0)
        {
            (value ? _setBits : _clearBits).Appeared(page);
        }

        return changed;
    }
}

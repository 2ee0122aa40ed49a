using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>Which slots of a preserved area are in use. The lowest free ones are taken first, so that a sparse file stays as short as what it holds.</summary>
internal sealed class PreservedSlots
{
    private readonly GrainMap _used;
    private readonly List<GrainRange> _spoilt = [];
    private long _free;

    public PreservedSlots(long slotCount)
    {
        _used = new GrainMap(slotCount, initialValue: false);
        _free = slotCount;
    }

    /// <summary>How many slots there are.</summary>
    public long Count => _used.GrainCount;

    /// <summary>How many slots are free.</summary>
    public long Free => Volatile.Read(ref _free);

    /// <summary>The slots of some runs, one by one.</summary>
    public static IEnumerable<long> Each(List<GrainRange> runs)
    {
        foreach (GrainRange run in runs)
        {
            for (long slot = run.First; slot < run.End; slot++)
            {
                yield return slot;
            }
        }
    }

    /// <summary>Takes one slot that is known to be in use.</summary>
    public void Take(long slot)
    {
        if (_used.Set(slot))
        {
            Volatile.Write(ref _free, _free - 1);
        }
    }

    /// <summary>Takes free slots, the lowest first, as runs.</summary>
    /// <exception cref="AreaFullException">There are too few; none is taken.</exception>
    public List<GrainRange> Reserve(long count)
    {
        if (count > _free)
        {
            throw new AreaFullException(count, _free);
        }

        List<GrainRange> runs = [];
        long first = 0;
        for (long left = count; left > 0;)
        {
            first = _used.NextClear(first);
            GrainRange run = new(first, Math.Min(left, _used.RunEnd(first) - first));
            _used.SetRange(run);
            runs.Add(run);
            first = run.End;
            left -= run.Count;
        }

        Volatile.Write(ref _free, _free - count);
        return runs;
    }

    /// <summary>Frees one slot.</summary>
    public void Release(long slot)
    {
        if (_used.Clear(slot))
        {
            Volatile.Write(ref _free, _free + 1);
        }
    }

    /// <summary>Frees slots that were reserved.</summary>
    public void Release(List<GrainRange> runs)
    {
        foreach (GrainRange run in runs)
        {
            _used.ClearRange(run);
            Volatile.Write(ref _free, _free + run.Count);
        }
    }

    /// <summary>Keeps reserved slots out of use from now on.</summary>
    public void Spoil(List<GrainRange> runs) => _spoilt.AddRange(runs);

    /// <summary>Frees all slots but the spoilt ones.</summary>
    public void ReleaseAll()
    {
        _used.Reset(false);
        long spoilt = 0;
        foreach (GrainRange run in _spoilt)
        {
            _used.SetRange(run);
            spoilt += run.Count;
        }

        Volatile.Write(ref _free, Count - spoilt);
    }
}

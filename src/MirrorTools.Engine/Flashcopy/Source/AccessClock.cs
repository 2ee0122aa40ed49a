using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>When each stretch of the source was last used, in ticks of its own, for <see cref="ScanOrder.LastAccessed"/>.</summary>
internal sealed class AccessClock
{
    private const int StretchGrains = 64;

    private readonly int[] _lastUse;
    private readonly GrainGeometry _geometry;
    private int _now = 1;

    public AccessClock(GrainGeometry geometry)
    {
        _geometry = geometry;
        _lastUse = new int[(geometry.GrainCount + StretchGrains - 1) / StretchGrains];
    }

    /// <summary>Notes a use. A lost race costs nothing but the order.</summary>
    public void Note(long offsetBytes)
    {
        long stretch = _geometry.GrainAt(offsetBytes) / StretchGrains;
        if ((ulong)stretch < (ulong)_lastUse.Length && _lastUse[stretch] != _now)
        {
            _lastUse[stretch] = ++_now;
        }
    }

    /// <summary>The stretches, last used first; those never used follow in ascending order.</summary>
    public IEnumerable<GrainRange> Order()
    {
        int[] keys = [.. _lastUse.Select(use => -use)];
        int[] stretches = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, stretches);
        int used = Array.FindIndex(keys, key => key == 0);
        if (used >= 0)
        {
            Array.Sort(stretches, used, stretches.Length - used);
        }

        foreach (int stretch in stretches)
        {
            long first = (long)stretch * StretchGrains;
            yield return new GrainRange(first, Math.Min(StretchGrains, _geometry.GrainCount - first));
        }
    }
}

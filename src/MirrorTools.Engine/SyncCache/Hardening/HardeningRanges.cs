using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>The ranges [58-64] that a volume is cut into, of whole grains and of equal size but for the last one (S-2). Both nodes cut alike.</summary>
internal sealed class HardeningRanges
{
    private readonly long _grainsPerRange;

    /// <summary>Cuts a volume.</summary>
    /// <param name="grainCount">How many grains the volume has.</param>
    /// <param name="wantedCount">How many ranges there are to be; there are fewer where grains do not suffice.</param>
    public HardeningRanges(long grainCount, int wantedCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(grainCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(wantedCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wantedCount, HardeningOptions.MaximumRangeCount);
        GrainCount = grainCount;
        _grainsPerRange = ((grainCount - 1) / wantedCount) + 1;
        Count = (int)(((grainCount - 1) / _grainsPerRange) + 1);
    }

    /// <summary>How many grains the volume has.</summary>
    public long GrainCount { get; }

    /// <summary>How many ranges there are.</summary>
    public int Count { get; }

    /// <summary>True where there is such a range: the number may come from the peer.</summary>
    public bool Contains(int range) => (uint)range < (uint)Count;

    /// <summary>The range that holds a grain.</summary>
    public int RangeOf(long grain) => (int)(grain / _grainsPerRange);

    /// <summary>The grains of a range.</summary>
    public GrainRange GrainsOf(int range)
    {
        long first = range * _grainsPerRange;
        return new GrainRange(first, Math.Min(_grainsPerRange, GrainCount - first));
    }

    /// <summary>The part of a run of grains, beginning with its first one, that lies in one range.</summary>
    /// <param name="grains">The run; not empty.</param>
    /// <param name="range">The range.</param>
    public GrainRange FirstPart(GrainRange grains, out int range)
    {
        range = RangeOf(grains.First);
        return grains with { Count = Math.Min(grains.Count, GrainsOf(range).End - grains.First) };
    }
}

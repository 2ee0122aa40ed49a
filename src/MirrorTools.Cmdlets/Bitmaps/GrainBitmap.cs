using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Bitmaps;

namespace MirrorTools.Cmdlets.Bitmaps;

/// <summary>A grain map of a pair: a bit per grain.</summary>
public sealed class GrainBitmap
{
    internal GrainBitmap(GrainBitmapPage first, byte[] bits, MirrorAgentReference agent)
    {
        Agent = agent;
        Pair = first.Pair;
        PairId = first.PairId;
        Map = first.Map;
        Site = first.Site;
        GrainSize = first.GrainSizeBytes;
        GrainCount = first.GrainCount;
        SetCount = first.SetCount;
        Bits = bits;
    }

    /// <summary>The pair's name.</summary>
    public string Pair { get; }

    /// <summary>The pair's id.</summary>
    public string PairId { get; }

    /// <summary>Which map it is.</summary>
    public string Map { get; }

    /// <summary>Whose side it is of.</summary>
    public string Site { get; }

    /// <summary>The grain size in bytes.</summary>
    public long GrainSize { get; }

    /// <summary>How many grains it has.</summary>
    public long GrainCount { get; }

    /// <summary>How many bits are 1.</summary>
    public long SetCount { get; }

    /// <summary>How many bits are 0.</summary>
    public long ClearCount => GrainCount - SetCount;

    /// <summary>The share of 1 bits, 0 to 100.</summary>
    public double PercentSet => GrainCount == 0 ? 0 : 100.0 * SetCount / GrainCount;

    /// <summary>The bits: grain g is bit g % 8 of byte g / 8.</summary>
    public byte[] Bits { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <summary>True if the bit of a grain is 1.</summary>
    /// <param name="grain">The grain's number.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such grain.</exception>
    public bool IsSet(long grain) => grain >= 0 && grain < GrainCount
        ? (Bits[grain / 8] >> (int)(grain % 8) & 1) == 1
        : throw new ArgumentOutOfRangeException(nameof(grain), grain, $"The map has the grains 0 to {GrainCount - 1}.");

    /// <inheritdoc/>
    public override string ToString() => $"{Map} of {Pair} at {Site}: {SetCount} of {GrainCount}";
}

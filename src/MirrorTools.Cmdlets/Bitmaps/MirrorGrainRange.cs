using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Bitmaps;

namespace MirrorTools.Cmdlets.Bitmaps;

/// <summary>A run of grains whose bits are 1.</summary>
public sealed class MirrorGrainRange
{
    internal MirrorGrainRange(GrainRangePage page, GrainRange range, MirrorAgentReference agent)
    {
        Agent = agent;
        Pair = page.Pair;
        Map = page.Map;
        Site = page.Site;
        FirstGrain = range.First;
        GrainCount = range.Count;
        Offset = range.First * page.GrainSizeBytes;
        Length = range.Count * page.GrainSizeBytes;
    }

    /// <summary>The pair's name.</summary>
    public string Pair { get; }

    /// <summary>Which map it is of.</summary>
    public string Map { get; }

    /// <summary>Whose side.</summary>
    public string Site { get; }

    /// <summary>The first grain.</summary>
    public long FirstGrain { get; }

    /// <summary>How many grains.</summary>
    public long GrainCount { get; }

    /// <summary>Where it begins in the volume, in bytes.</summary>
    public long Offset { get; }

    /// <summary>How long it is, in bytes of whole grains; the last grain of a volume may be shorter.</summary>
    public long Length { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{FirstGrain}+{GrainCount}";
}

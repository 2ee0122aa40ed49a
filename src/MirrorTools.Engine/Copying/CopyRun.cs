using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Copying;

/// <summary>A run of grains on its way: first into B, then onto C.</summary>
/// <param name="grains">The grains; a run may be cut shorter before it is read.</param>
/// <param name="fromB">B has them already: they are read from there, since A may have moved on.</param>
/// <param name="needsC">Site 2 lacks them.</param>
internal sealed class CopyRun(GrainRange grains, bool fromB, bool needsC)
{
    public GrainRange Grains { get; set; } = grains;

    /// <summary>True where only a part of the one grain travels .</summary>
    public bool IsPart => PartBytes != 0;

    /// <summary>Where in the grain the part begins.</summary>
    public int SkipBytes { get; set; }

    /// <summary>The part's length; 0 for whole grains.</summary>
    public int PartBytes { get; set; }

    public bool FromB { get; } = fromB;

    public bool NeedsC { get; } = needsC;

    public bool Overlaps(GrainRange other) => Grains.First < other.End && other.First < Grains.End;
}

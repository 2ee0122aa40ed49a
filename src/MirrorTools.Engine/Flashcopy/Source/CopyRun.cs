using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>A run of grains on its way: first into B, then onto C.</summary>
/// <param name="grains">The grains; a run may be cut shorter before it is read.</param>
/// <param name="fromB">B has them already: they are read from there, since A may have moved on.</param>
/// <param name="needsC">Site 2 lacks them.</param>
internal sealed class CopyRun(GrainRange grains, bool fromB, bool needsC)
{
    public GrainRange Grains { get; set; } = grains;

    public bool FromB { get; } = fromB;

    public bool NeedsC { get; } = needsC;

    public bool Overlaps(GrainRange other) => Grains.First < other.End && other.First < Grains.End;
}

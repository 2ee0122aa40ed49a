using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>A run of grains on its way: first into B, then onto C.</summary>
/// <param name="grains">The grains; a run may be cut shorter before it is read.</param>
/// <param name="fromB">B has them already: they are read from there, since A may have moved on.</param>
/// <param name="needsC">Site 2 lacks them.</param>
/// <param name="demanded">A host waits for them.</param>
internal sealed class CopyRun(GrainRange grains, bool fromB, bool needsC, bool demanded)
{
    public GrainRange Grains { get; set; } = grains;

    public bool FromB { get; } = fromB;

    public bool NeedsC { get; } = needsC;

    public bool Demanded { get; } = demanded;

    /// <summary>True once the run was handed to the link.</summary>
    public bool IsSent { get; set; }

    public bool Overlaps(GrainRange other) => Grains.First < other.End && other.First < Grains.End;
}

using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// What a host write has to do beside writing, as of now. Immutable: a consistency point exchanges the whole of it while the gate is closed, which is the
/// O(1) swap of F-2.
/// </summary>
internal sealed record WriteMode
{
    /// <summary>True from a point until its commit or its end: writes to uncopied grains are held back.</summary>
    public bool CycleIsLive { get; init; }

    /// <summary>True where a copied grain is one that C has as well (CopyOnWrite, Hold, Merge; not while the other site is away).</summary>
    public bool WaitsForC { get; init; }

    /// <summary>False where writes only clear <c>inB</c> and <c>onC</c> (F-22, F-29).</summary>
    public bool MarksFuture { get; init; } = true;

    /// <summary>The future map that writes mark.</summary>
    public required GrainMap Future { get; init; }

    /// <summary>The future map of before the point, until it has been merged: its grains count as uncopied.</summary>
    public GrainMap? Retiring { get; init; }
}

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>What keeps a host's write from going ahead.</summary>
internal enum WriteObstacle
{
    /// <summary>Nothing: it is inside the gate, and its grains are marked.</summary>
    None,

    /// <summary>A point is being taken (F-2).</summary>
    GateClosed,

    /// <summary>That its region may change is not durably known yet (F-18).</summary>
    ColdRegion,

    /// <summary>A grain that it covers is still to be copied (F-6).</summary>
    Uncopied,
}

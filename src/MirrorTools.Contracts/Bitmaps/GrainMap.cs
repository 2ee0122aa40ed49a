namespace MirrorTools.Contracts.Bitmaps;

/// <summary>The maps of a pair.</summary>
public enum GrainMap
{
    /// <summary>1 = the grain is copied: site 1 copied1 (B and C have it), site 2 copied2 (D has it).</summary>
    Copied,

    /// <summary>1 = changed after it was copied.</summary>
    Future,

    /// <summary>1 = B has the grain (inB); site 1 only.</summary>
    InIntermediate,

    /// <summary>1 = C has the grain (onC); site 1 only.</summary>
    OnSecondary,

    /// <summary>1 = to be copied when the running cycle began; site 1 only.</summary>
    Cycle,

    /// <summary>AsyncCopy: 1 = changed and not yet sent.</summary>
    OutOfSync,

    /// <summary>AsyncCopy: 1 = changed after the point.</summary>
    ChangeRecording,

    /// <summary>AsyncCopy: 1 = the target holds the point's own grain.</summary>
    Preserved,

    /// <summary>SyncCache: 1 = in cache only.</summary>
    Unhardened,

    /// <summary>SyncCache: 1 = the other may hold it only in cache.</summary>
    Current,

    /// <summary>SyncCache: the same, saved when the scan began.</summary>
    Old,
}

namespace MirrorTools.Contracts.Pairs;

/// <summary>AsyncCopy: where the increment of a pair stands .</summary>
public enum IncrementState
{
    /// <summary>No increment is under way.</summary>
    Normal,

    /// <summary>One was asked for: writes are held until every source of the group has accepted it; the run timer bounds that.</summary>
    IncrementPending,

    /// <summary>The point is taken, and what it holds is being sent; the maximum increment timer bounds that.</summary>
    ConsistencyGroupInProgress,
}

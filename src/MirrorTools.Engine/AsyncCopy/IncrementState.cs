namespace MirrorTools.Engine.AsyncCopy;

/// <summary>The state [230] of a primary .</summary>
public enum IncrementState : byte
{
    /// <summary>No increment is under way: what hosts write is out of sync until site 2 has it.</summary>
    Normal,

    /// <summary>An increment was asked for: writes are held until every primary of the group has accepted it; the run timer bounds that.</summary>
    IncrementPending,

    /// <summary>The point is taken and drained while new writes are recorded; waits for its commit, which the maximum increment timer bounds.</summary>
    ConsistencyGroupInProgress,
}

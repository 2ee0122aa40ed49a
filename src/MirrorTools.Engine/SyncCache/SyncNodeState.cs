namespace MirrorTools.Engine.SyncCache;

/// <summary>What a node does at present (P-7: each state that waits has a cause that is shown).</summary>
public enum SyncNodeState
{
    /// <summary>A primary that waits to hear from the nodes that take part before it serves hosts; ends by <see cref="SyncOptions.JoinDeadline"/>.</summary>
    Joining,

    /// <summary>A primary whose cache is lost: others have what it acknowledged. Waits for one of them, or for <c>Invoke-MirrorRecovery -Force</c>.</summary>
    Waiting,

    /// <summary>The primary; all nodes of the pair take part.</summary>
    Mirroring,

    /// <summary>The primary; a node has just been lost, and writes wait until it can serve no reads any more (S-9).</summary>
    Degrading,

    /// <summary>The primary; a node is left out (S-9).</summary>
    Degraded,

    /// <summary>The primary; a node that returned is updated (S-10).</summary>
    Updating,

    /// <summary>A secondary that takes part.</summary>
    Following,

    /// <summary>A secondary that gets what it lacks (S-10).</summary>
    BeingUpdated,

    /// <summary>A secondary without its primary: it serves nobody, and takes over only when told to (S-14).</summary>
    Cut,

    /// <summary>Nodes went on without each other: an admin says whose writes are given up (S-14).</summary>
    SplitBrain,

    /// <summary>A storage failed, or an invariant broke.</summary>
    Failed,

    /// <summary>It is closed.</summary>
    Closed,
}

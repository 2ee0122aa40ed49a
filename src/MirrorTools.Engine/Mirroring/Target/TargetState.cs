namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Where site 2 stands with the point under way (F-9); the second flashcopy goes on beside all of these (F-11).</summary>
public enum TargetState : byte
{
    /// <summary>No point is under way; waits for site 1.</summary>
    Waiting,

    /// <summary>Takes a point's grains into C (F-14).</summary>
    Receiving,

    /// <summary>Makes C, the maps and the record durable (F-9).</summary>
    Preparing,

    /// <summary>Has prepared a group's point; waits for the lead's choice, which it asks for (F-9).</summary>
    Prepared,

    /// <summary>Has decided to commit; waits for readers to leave before the maps are renewed.</summary>
    Committing,

    /// <summary>A storage failed; the committed image stands. Waits for <c>Resume-MirrorPair</c>.</summary>
    Faulted,

    /// <summary>Recovered: serves hosts from the committed image, takes nothing from site 1 (F-16).</summary>
    Recovered,
}

/// <summary>What moves site 2 from state to state.</summary>
public enum TargetEvent : byte
{
    /// <summary>Site 1 has taken a point.</summary>
    PointBegan,

    /// <summary>Site 1 has completed the first flashcopy (F-8).</summary>
    Completed,

    /// <summary>Everything of the point is durable; another member decides.</summary>
    Prepared,

    /// <summary>The commit is durable.</summary>
    Decided,

    /// <summary>The maps are renewed.</summary>
    Renewed,

    /// <summary>The point can't be prepared.</summary>
    Refused,

    /// <summary>Site 1 gave the point up, or its session ended.</summary>
    GivenUp,

    /// <summary>A storage failed.</summary>
    Fault,

    /// <summary>An admin recovers the committed image.</summary>
    Recover,
}

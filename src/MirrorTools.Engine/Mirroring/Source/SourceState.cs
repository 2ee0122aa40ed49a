namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Where site 1 stands in its cycle (figure 7, steps 142 to 160).</summary>
public enum SourceState : byte
{
    /// <summary>Started; waits to hear from site 2 which point it decided last (F-9, F-19).</summary>
    InDoubt,

    /// <summary>No point is under way; waits for the schedule or an admin (F-10).</summary>
    Idle,

    /// <summary>A point was asked for; waits for the writes in flight (F-2).</summary>
    ClosingGate,

    /// <summary>The point is taken; waits for the maps to be merged, outside the gate (F-3).</summary>
    Merging,

    /// <summary>Waits for the background copy (F-4).</summary>
    Copying,

    /// <summary>Everything is copied; waits for site 2 to prepare and decide (F-8, F-9).</summary>
    Completing,

    /// <summary>Site 2 has prepared; waits for the group's other members and its lead (F-9).</summary>
    Prepared,

    /// <summary>Site 2 has committed; waits for its answer to be durable here (F-9).</summary>
    Recording,

    /// <summary>The point is given up; waits for copy steps to end.</summary>
    GivingUp,

    /// <summary>Mirroring is suspended; waits for <c>Resume-MirrorPair</c>.</summary>
    Suspended,

    /// <summary>B is lent; waits for its return (F-29).</summary>
    Lent,

    /// <summary>An invariant broke; waits for an engineer.</summary>
    Failed,
}

/// <summary>What moves site 1 from state to state.</summary>
public enum SourceEvent : byte
{
    /// <summary>Site 2 has said which point it decided last.</summary>
    DoubtResolved,

    /// <summary>The schedule or an admin wants a point; in a running cycle, one that supersedes it (F-12).</summary>
    PointRequested,

    /// <summary>No write is in flight, the maps are exchanged, the gate is open again.</summary>
    PointTaken,

    /// <summary>A write stayed in flight past the deadline.</summary>
    GateTimedOut,

    /// <summary>The maps are renewed.</summary>
    Merged,

    /// <summary>The count of uncopied grains is zero and site 2 is there.</summary>
    AllCopied,

    /// <summary>Site 2 refused to prepare: something it had is gone (F-8).</summary>
    Refused,

    /// <summary>Site 2 has prepared; another member decides (F-9).</summary>
    Prepared,

    /// <summary>Site 2 has committed.</summary>
    Committed,

    /// <summary>The commit is recorded.</summary>
    Recorded,

    /// <summary>The point can't or shall not be completed.</summary>
    GiveUp,

    /// <summary>Nothing of the point is under way any more.</summary>
    GivenUp,

    /// <summary>The group gave the point up after members were asked to prepare: whether it was committed is the lead's to say (F-9).</summary>
    Doubted,

    /// <summary>Mirroring is to stop.</summary>
    Suspend,

    /// <summary>Mirroring is to go on.</summary>
    Resume,

    /// <summary>B is lent; or mirroring is to go on, with B still lent.</summary>
    Lend,

    /// <summary>B is back.</summary>
    Return,

    /// <summary>An invariant broke.</summary>
    Break,
}

namespace MirrorTools.Engine.Events;

/// <summary>What an event of a pair says; the numbers are stored and never change their meaning.</summary>
public enum PairEventId
{
    /// <summary>A consistency point was taken; arguments: point, t1, heldMs: how long writes were held .</summary>
    PointTaken = 100,

    /// <summary>A point was committed; arguments: point, t1, t2, and at the source linkBytes.</summary>
    PointCommitted = 101,

    /// <summary>A point was given up; arguments: point, reason, linkBytes.</summary>
    PointGivenUp = 102,

    /// <summary>A point was superseded by a newer one; arguments: point, by, linkBytes.</summary>
    PointSuperseded = 103,

    /// <summary>The gate could not be closed by its deadline, so no point was taken; arguments: deadlineMs.</summary>
    GateTimedOut = 104,

    /// <summary>An increment took longer than it may, and was given up; arguments: point, deadlineMs.</summary>
    IncrementTimedOut = 105,

    /// <summary>A retained point was given up, since there is no room for its grains; arguments: point.</summary>
    RetainedPointDropped = 106,

    /// <summary>The pair was suspended; arguments: reason, detail.</summary>
    Suspended = 110,

    /// <summary>The pair was resumed.</summary>
    Resumed = 111,

    /// <summary>The link to the other site is up; arguments: session.</summary>
    LinkUp = 120,

    /// <summary>The link to the other site is down; arguments: reason.</summary>
    LinkDown = 121,

    /// <summary>Writes no longer wait for the other site, since it is away; arguments: deadlineMs.</summary>
    WritesDegraded = 122,

    /// <summary>The first intermediate failed; arguments: detail.</summary>
    FirstIntermediateFailed = 130,

    /// <summary>The source can't be read; arguments: detail.</summary>
    SourceUnreadable = 131,

    /// <summary>The second intermediate failed; arguments: detail.</summary>
    SecondIntermediateFailed = 132,

    /// <summary>The target failed; arguments: detail.</summary>
    TargetFailed = 133,

    /// <summary>The metadata failed; arguments: detail.</summary>
    MetadataFailed = 134,

    /// <summary>One of the two places of the dirty-region log failed; arguments: place, detail.</summary>
    DirtyRegionLogPlaceFailed = 135,

    /// <summary>A file system under one of the pair's files is full; arguments: part (a suspension's reason), detail.</summary>
    StorageFull = 137,

    /// <summary>A page of the maps was corrupt; its grains count as different; arguments: page.</summary>
    MapPageCorrupt = 136,

    /// <summary>The pair was not closed cleanly; arguments: hotRegions, grains.</summary>
    UncleanStart = 140,

    /// <summary>A committed point was recovered; arguments: point, t1, generation, newest: the last committed one, given up with all others where it is not the same.</summary>
    Recovered = 150,

    /// <summary>Both sites were written since they parted; arguments: local, remote.</summary>
    SplitBrain = 151,

    /// <summary>The other site holds a newer generation: this side no longer serves hosts; arguments: generation.</summary>
    Superseded = 152,

    /// <summary>Roles changed: this side is now the target; arguments: generation.</summary>
    BecameTarget = 153,

    /// <summary>A comparison by hash ended; arguments: equal, different.</summary>
    Compared = 160,

    /// <summary>The first intermediate was lent or returned; arguments: lent.</summary>
    FirstIntermediateLent = 161,

    /// <summary>The other side can't vouch for what it holds: everything is compared by hash.</summary>
    ComparisonNeeded = 162,

    /// <summary>A node of a synchronous pair is left out: nothing waits for it any more; arguments: node, grains (how many it lacks).</summary>
    NodeLeftOut = 170,

    /// <summary>A node that was left out takes part again; arguments: node.</summary>
    NodeAdmitted = 171,

    /// <summary>This node is updated before it takes part again; arguments: primary.</summary>
    NodeReturned = 172,

    /// <summary>A node has left something unanswered for too long; arguments: node.</summary>
    NodeOverdue = 173,

    /// <summary>This node's disk or metadata failed; arguments: detail.</summary>
    NodeFailed = 174,

    /// <summary>This node, the primary, has another one go on; arguments: to.</summary>
    RoleYielded = 175,

    /// <summary>This node goes on as the primary; arguments: why, suspectGrains (how many may lack what was acknowledged and not hardened).</summary>
    RoleTaken = 176,

    /// <summary>An invariant broke: the pair is latched as failed; arguments: detail.</summary>
    InvariantBroken = 190,
}

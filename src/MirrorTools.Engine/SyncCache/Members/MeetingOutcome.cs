namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>What two nodes of a pair do with each other once both have said what they hold.</summary>
internal enum MeetingOutcome
{
    /// <summary>Nothing: neither is the other's primary, or somebody else has to be heard first.</summary>
    Idle,

    /// <summary>This node goes on as the primary; the other one has all that was acknowledged.</summary>
    Lead,

    /// <summary>This node goes on as the primary; the other one lacks something, and gets what is marked (S-10). Before that it is left out durably, where it is still a member.</summary>
    LeadAndUpdate,

    /// <summary>Both lost their caches (S-11): this node, the primary, settles what is suspect from its own disk.</summary>
    SettleSuspects,

    /// <summary>This node was the primary and lost its cache, the other one has it: it is asked to go on as the primary (S-10).</summary>
    Yield,

    /// <summary>The other node was the primary and has asked this one to go on (S-10).</summary>
    TakeOver,

    /// <summary>This node follows, and has all that was acknowledged.</summary>
    Follow,

    /// <summary>This node follows, and lacks something: it marks itself incomplete, drops what it cached and asks for the update (S-10).</summary>
    FollowAfterUpdate,

    /// <summary>Both went on without the other (S-14): an admin says whose writes are given up.</summary>
    SplitBrain,
}

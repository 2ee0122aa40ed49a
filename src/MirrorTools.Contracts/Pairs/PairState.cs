namespace MirrorTools.Contracts.Pairs;

/// <summary>The state of a pair as one agent sees it.</summary>
public enum PairState
{
    /// <summary>Storages and metadata are being made.</summary>
    Creating,

    /// <summary>A seeded pair, or one with a storage that was changed, is compared by hash; waits for the comparison.</summary>
    Comparing,

    /// <summary>The first cycle copies everything; there is no committed point yet.</summary>
    InitialCopy,

    /// <summary>Everything of the last cycle is committed; waits for the next one.</summary>
    Idle,

    /// <summary>A cycle runs.</summary>
    Copying,

    /// <summary>The link is away; hosts go on, changes are recorded; waits for the link.</summary>
    Disconnected,

    /// <summary>Mirroring stopped by an admin or a fault; waits for Resume-MirrorPair.</summary>
    Suspended,

    /// <summary>The committed image was recovered here and takes the hosts' writes.</summary>
    Recovered,

    /// <summary>Both sites were written; waits for Resume-MirrorPair -DiscardChangesOn.</summary>
    SplitBrain,

    /// <summary>An invariant broke or metadata is corrupt; the maps stay dirty.</summary>
    Failed,

    /// <summary>The pair is being removed.</summary>
    Removing,
}

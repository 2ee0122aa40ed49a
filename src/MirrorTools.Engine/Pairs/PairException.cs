namespace MirrorTools.Engine.Pairs;

/// <summary>An operation that a pair refuses in the state it is in. The error's name is part of the API.</summary>
/// <param name="error">What stands in the way.</param>
/// <param name="message">A sentence that names the cause and what helps.</param>
/// <param name="innerException">The fault behind it.</param>
public sealed class PairException(PairError error, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>What stands in the way.</summary>
    public PairError Error { get; } = error;
}

/// <summary>Why a pair refuses an operation.</summary>
public enum PairError
{
    /// <summary>A cycle is running.</summary>
    CycleRunning,

    /// <summary>No cycle is running.</summary>
    NoCycleRunning,

    /// <summary>The pair is suspended.</summary>
    PairSuspended,

    /// <summary>The pair is not suspended.</summary>
    PairNotSuspended,

    /// <summary>Whether the last point was committed is not known until site 2 has been asked.</summary>
    InDoubt,

    /// <summary>The first intermediate is lent for other work.</summary>
    FirstIntermediateLent,

    /// <summary>The volume is still being restored after a recovery, so that the first intermediate holds what is nowhere else.</summary>
    RestoreRunning,

    /// <summary>The running point is being decided and can't be superseded or stopped.</summary>
    PointBeingDecided,

    /// <summary>Nothing was committed yet.</summary>
    NoCommittedPoint,

    /// <summary>The source is still reachable; recovery needs to be forced.</summary>
    SourceStillReachable,

    /// <summary>Both sides were written since they parted.</summary>
    SplitBrain,

    /// <summary>This side was recovered and is now the source.</summary>
    AlreadyRecovered,

    /// <summary>This side holds an old generation and does not serve hosts.</summary>
    OldGeneration,

    /// <summary>The writes could not be brought to one instant by the deadline.</summary>
    GateTimedOut,

    /// <summary>The cycle ended without a commit.</summary>
    PointGivenUp,

    /// <summary>A storage failed.</summary>
    StorageFailed,

    /// <summary>An invariant broke; the pair does nothing more until it is looked at.</summary>
    PairFailed,

    /// <summary>The other side's volume or grain size does not fit.</summary>
    GeometryMismatch,

    /// <summary>A member of the pair's group is not open, so that no point can be taken of all of them.</summary>
    GroupIncomplete,

    /// <summary>The other side is away.</summary>
    LinkDown,

    /// <summary>The two sides are being compared by hash, or will be as soon as they are connected.</summary>
    ComparisonNeeded,

    /// <summary>The committed image is not to be trusted before it was compared by hash.</summary>
    CopyNotTrusted,

    /// <summary>The pair's copy service has no such map.</summary>
    NoSuchMap,

    /// <summary>The point is not kept, so that it can't be read.</summary>
    PointNotKept,

    /// <summary>Somebody reads the point.</summary>
    PointInUse,

    /// <summary>The point is the last committed one, which a recovery goes to.</summary>
    PointIsNewest,

    /// <summary>Another point has the name.</summary>
    PointNameTaken,

    /// <summary>As many points have names as may.</summary>
    TooManyNamedPoints,

    /// <summary>The pair's copy service has no such storage.</summary>
    NoSuchStorage,

    /// <summary>Whether another node serves hosts can't be known: the recovery has to be forced.</summary>
    RecoveryNeedsForce,

    /// <summary>The node lacks something, or its storage failed.</summary>
    NodeIncomplete,

    /// <summary>The node does not take part at present.</summary>
    NodeNotMirroring,
}

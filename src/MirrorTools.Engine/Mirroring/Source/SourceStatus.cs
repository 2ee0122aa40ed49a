using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Where site 1 of a pair stands, at one instant.</summary>
public sealed record SourceStatus
{
    /// <summary>The cycle's state.</summary>
    public required SourceState State { get; init; }

    /// <summary>Why mirroring is suspended.</summary>
    public required SuspendReason Suspended { get; init; }

    /// <summary>What is behind the suspension, in the words of the fault.</summary>
    public required string? SuspendDetail { get; init; }

    /// <summary>True where it is suspended because a storage's file system is full.</summary>
    public required bool IsStorageFull { get; init; }

    /// <summary>True while the link to site 2 is up and both sides have greeted.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>The point under way; 0 where there is none.</summary>
    public required ulong Point { get; init; }

    /// <summary>t1 of the point under way.</summary>
    public required DateTimeOffset? TakenAt { get; init; }

    /// <summary>What the cycle under way has put on the link so far, in bytes, frames included.</summary>
    public required long CycleLinkBytes { get; init; }

    /// <summary>How many grains the cycle began with.</summary>
    public required long CycleGrains { get; init; }

    /// <summary>How many of them are not in B and on C yet.</summary>
    public required long UncopiedGrains { get; init; }

    /// <summary>How many grains have changed since the last point that was taken, or are to be copied for another reason when none is under way.</summary>
    public required long ChangedGrains { get; init; }

    /// <summary>True where the volume may have changed since the last point, whether or not the other site has the changes already.</summary>
    public required bool HasChanges { get; init; }

    /// <summary>The last committed point.</summary>
    public required CommittedPoint LastCommitted { get; init; }

    /// <summary>Committed points, oldest first.</summary>
    public required IReadOnlyList<CommittedPoint> RecentPoints { get; init; }

    /// <summary>The point that this side was recovered to; 0 where it was not.</summary>
    public required ulong RecoveredPoint { get; init; }

    /// <summary>The generations.</summary>
    public required GenerationHistory Generations { get; init; }

    /// <summary>Bytes of grain data sent since the process began.</summary>
    public required long SentBytes { get; init; }

    /// <summary>Grains sent since the process began.</summary>
    public required long SentGrains { get; init; }

    /// <summary>Host writes that wait for a grain to be copied.</summary>
    public required int WaitingWrites { get; init; }

    /// <summary>True where writes do not wait for the other site although the policy says so: it is away.</summary>
    public required bool IsDegraded { get; init; }

    /// <summary>How long the gate was closed for the last point.</summary>
    public required TimeSpan LastGateTime { get; init; }

    /// <summary>How long it was closed for the last committed point, also after a restart; null where that is not known .</summary>
    public required TimeSpan? LastHold { get; init; }

    /// <summary>AsyncCopy: where the increment stands; null for another service .</summary>
    public required IncrementState? IncrementState { get; init; }

    /// <summary>AsyncCopy: the maximum increment timer while an increment is under way .</summary>
    public required RunningTimer? IncrementTimer { get; init; }

    /// <summary>The run timer while writes are held for a point that another agent takes .</summary>
    public required RunningTimer? RunTimer { get; init; }

    /// <summary>How many points were given up since the last commit, those that an admin stopped not counted .</summary>
    public required int GivenUpPoints { get; init; }

    /// <summary>Why the last of them was; null where there is none.</summary>
    public required string? GivenUpReason { get; init; }

    /// <summary>When the schedule's loop tries again after that; null where it does not wait for it .</summary>
    public required DateTimeOffset? NextTryAt { get; init; }

    /// <summary>True where the dirty-region log can be written in neither place: the side has to be opened anew once a place can.</summary>
    public required bool IsRegionLogLost { get; init; }

    /// <summary>True where the other side holds an older generation, so that nothing is sent to it before it becomes this one's copy.</summary>
    public required bool IsPeerOlder { get; init; }

    /// <summary>True while a comparison by hash runs.</summary>
    public required bool IsComparing { get; init; }

    /// <summary>Grains compared by hash so far, while a comparison runs.</summary>
    public required long ComparedGrains { get; init; }
}

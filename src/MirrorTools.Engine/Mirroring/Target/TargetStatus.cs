using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Where site 2 of a pair stands, at one instant.</summary>
public sealed record TargetStatus
{
    /// <summary>The state of the point under way.</summary>
    public required TargetState State { get; init; }

    /// <summary>The fault that stopped it; null where there is none.</summary>
    public required string? FaultDetail { get; init; }

    /// <summary>True where that fault is a full file system.</summary>
    public required bool IsStorageFull { get; init; }

    /// <summary>Which storage failed.</summary>
    public required SuspendReason Fault { get; init; }

    /// <summary>True while site 1 is connected and has greeted.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>True while site 1 has to compare everything by hash before it takes a point.</summary>
    public required bool AwaitsComparison { get; init; }

    /// <summary>The point under way; 0 where there is none.</summary>
    public required ulong Point { get; init; }

    /// <summary>The last committed point.</summary>
    public required CommittedPoint LastCommitted { get; init; }

    /// <summary>Committed points, oldest first.</summary>
    public required IReadOnlyList<CommittedPoint> RecentPoints { get; init; }

    /// <summary>The numbers of committed points before the last one that can be read still, ascending .</summary>
    public required IReadOnlyList<ulong> RetainedPoints { get; init; }

    /// <summary>Points that have a name; one of them may be under way still.</summary>
    public required IReadOnlyList<NamedPoint> NamedPoints { get; init; }

    /// <summary>The generations.</summary>
    public required GenerationHistory Generations { get; init; }

    /// <summary>Committed grains that are not on D yet.</summary>
    public required long UncopiedGrains { get; init; }

    /// <summary>Grains that C holds for an uncommitted point.</summary>
    public required long FutureGrains { get; init; }

    /// <summary>Grains received since the process began.</summary>
    public required long ReceivedGrains { get; init; }
}

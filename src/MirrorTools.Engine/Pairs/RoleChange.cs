namespace MirrorTools.Engine.Pairs;

/// <summary>What a side's record becomes when its part in the pair changes: one record each, so that role, generation and what goes with them change at one instant.</summary>
public static class RoleChange
{
    /// <summary>The copy becomes the source of a new generation (F-16); the former source has yet to say which of its grains may differ.</summary>
    /// <param name="now">The copy's record.</param>
    /// <param name="generation">The new generation.</param>
    /// <param name="point">The point that hosts go on from: the last committed one, or an older one whose layer is in the area. All others are given up.</param>
    public static PairRecord Recovered(this PairRecord now, Generation generation, CommittedPoint point) => now with
    {
        Role = PairRole.Source,
        IsRecovered = true,
        LastCommitted = point,
        RecoveredPoint = point.Number == now.LastCommitted.Number ? 0 : point.Number,
        RetainedPoints = [],
        NamedPoints = [],
        AwaitsRemoteDifferences = true,
        Suspended = SuspendReason.None,
        SourceRoleOrdinal = now.NextRoleOrdinal,
        Generations = now.Generations.With(generation),
    };

    /// <summary>The source goes on in a new generation, and the other side will become its copy: what that one wrote since they parted is given up (F-23).</summary>
    public static PairRecord Promoted(this PairRecord now, Generation generation) => now with
    {
        Generations = now.Generations.With(generation),
        AwaitsRemoteDifferences = true,
        Suspended = SuspendReason.None,
    };

    /// <summary>The source goes on in a new generation with a copy of which nothing is known: nothing counts as committed, and everything is to be compared by hash.</summary>
    public static PairRecord WithoutTarget(this PairRecord now, Generation generation) => now with
    {
        Generations = now.Generations.With(generation),
        NeedsComparison = true,
        AwaitsRemoteDifferences = false,
        LastCommitted = CommittedPoint.None,
        RecentPoints = [],
        Suspended = now.Suspended is SuspendReason.SplitBrain or SuspendReason.OldGeneration ? SuspendReason.None : now.Suspended,
    };

    /// <summary>The source becomes the other side's copy (F-16, F-23) and owes it word of which grains may differ.</summary>
    /// <param name="now">The source's record.</param>
    /// <param name="history">The other side's generations.</param>
    public static PairRecord AsTargetOf(this PairRecord now, GenerationHistory history) => now with
    {
        Role = PairRole.Target,
        Generations = history,
        OwesDifferences = true,
        AwaitsRemoteDifferences = false,
        IsRecovered = false,
        Suspended = SuspendReason.None,
        TargetRoleOrdinal = now.NextRoleOrdinal,
        TargetPoint = 0,
        Prepared = PreparedPoint.None,
        RetainedPoints = [],
        NamedPoints = [],
        RecoveredPoint = 0,
        SettledThrough = 0,
        LastCommitted = CommittedPoint.None,
        RecentPoints = [],
    };
}

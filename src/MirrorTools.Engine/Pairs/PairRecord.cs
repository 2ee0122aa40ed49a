namespace MirrorTools.Engine.Pairs;

/// <summary>
/// What one side of a pair knows durably about itself beside its maps: the payload of the metadata file's state record. It is written whole, so that
/// a role, a point and a generation never part company.
/// </summary>
public sealed record PairRecord
{
    /// <summary>How many settled points are remembered for the admin.</summary>
    public const int MaximumRecentPoints = 32;

    /// <summary>How many points may have a name at once.</summary>
    public const int MaximumNamedPoints = 16;

    /// <summary>The longest definition, in bytes.</summary>
    public const int MaximumDefinitionBytes = 8 * 1024;

    /// <summary>What this side is.</summary>
    public required PairRole Role { get; init; }

    /// <summary>The generations, oldest first.</summary>
    public required GenerationHistory Generations { get; init; }

    /// <summary>The newest committed point this side knows of.</summary>
    public CommittedPoint LastCommitted { get; init; } = CommittedPoint.None;

    /// <summary>Committed points, oldest first, the newest one included.</summary>
    public IReadOnlyList<CommittedPoint> RecentPoints { get; init; } = [];

    /// <summary>At the source: how long writes were held for the newest committed point, in whole microseconds; null where that is not known .</summary>
    public TimeSpan? LastHold { get; init; }

    /// <summary>Points below this number may have been taken; a restarted source takes none of them again.</summary>
    public ulong PointReserve { get; init; } = 1;

    /// <summary>Why mirroring is suspended; <see cref="SuspendReason.None"/> where it is not.</summary>
    public SuspendReason Suspended { get; init; }

    /// <summary>While it is suspended: true where room is what was missing, and the storage itself is sound.</summary>
    public bool IsStorageFull { get; init; }

    /// <summary>The ordinal of the role whose source map pages count; pages of another ordinal are of an earlier role.</summary>
    public uint SourceRoleOrdinal { get; init; }

    /// <summary>The ordinal of the role whose target map pages count.</summary>
    public uint TargetRoleOrdinal { get; init; }

    /// <summary>The commit up to which the target maps were renewed: the last one while this side is a target, the recovered one afterwards.</summary>
    public ulong TargetPoint { get; init; }

    /// <summary>Source after a failover: the volume is the committed image over C and D, and source map pages never written stand as the target maps say (F-16).</summary>
    public bool IsRecovered { get; init; }

    /// <summary>Source after a failover: the former source has not yet said which of its grains may differ; no point is taken before.</summary>
    public bool AwaitsRemoteDifferences { get; init; }

    /// <summary>Target after a failback began: this side's source maps still hold what may differ, until the new source has recorded it.</summary>
    public bool OwesDifferences { get; init; }

    /// <summary>Source: the first intermediate is lent for other work (F-29).</summary>
    public bool FirstIntermediateLent { get; init; }

    /// <summary>The grains must be compared by hash before anything else (a seeded start, or a storage changed behind the pair's back).</summary>
    public bool NeedsComparison { get; init; }

    /// <summary>Target: a group's point that is prepared here and decided elsewhere (F-9).</summary>
    public PreparedPoint Prepared { get; init; }

    /// <summary>Target: points up to this number are settled for good; what is not committed of them was given up, and preparing one is refused (F-9).</summary>
    public ulong SettledThrough { get; init; }

    /// <summary>
    /// Target of asynchronous copy: committed points before the newest one that are kept to be read, ascending. Their layers are of this role.
    /// </summary>
    public IReadOnlyList<ulong> RetainedPoints { get; init; } = [];

    /// <summary>Target: points that have a name, ascending: committed ones, which are kept for it, and the one under way.</summary>
    public IReadOnlyList<NamedPoint> NamedPoints { get; init; } = [];

    /// <summary>
    /// Source after a failover of asynchronous copy to a retained point: its number; 0 where it was the newest one. What newer points have is undone, whatever their layers.
    /// </summary>
    public ulong RecoveredPoint { get; init; }

    /// <summary>What the agent keeps here to rebuild its index: opaque to the engine.</summary>
    public ReadOnlyMemory<byte> Definition { get; init; }

    /// <summary>The target's role and its last commit in one number that only grows; what was written before a role or a commit is told from what came after by it.</summary>
    public ulong TargetEpoch => ((ulong)TargetRoleOrdinal << 40) | TargetPoint;

    /// <summary>What <see cref="TargetEpoch"/> was at a commit of this role.</summary>
    public ulong TargetEpochOf(ulong point) => ((ulong)TargetRoleOrdinal << 40) | point;

    /// <summary>The layer of the point that this side was recovered to.</summary>
    public ulong RecoveredEpoch => RecoveredPoint == 0 ? TargetEpoch : TargetEpochOf(RecoveredPoint);

    /// <summary>An ordinal that no role of this side has had.</summary>
    public uint NextRoleOrdinal => Math.Max(SourceRoleOrdinal, TargetRoleOrdinal) + 1;

    /// <summary>The commit of a point that a member has prepared; <see cref="CommittedPoint.None"/> where this side committed none of that number and instant.</summary>
    public CommittedPoint CommitOf(PreparedPoint point) => RecentPoints.FirstOrDefault(known => known.Number == point.Number && known.TakenAt == point.TakenAt);

    /// <summary>This record with one more committed point.</summary>
    public PairRecord WithCommitted(CommittedPoint point) => this with
    {
        LastCommitted = point,
        LastHold = null,
        Prepared = PreparedPoint.None,
        PointReserve = Math.Max(PointReserve, point.Number + 1),
        RecentPoints = [.. WithRoomForOne(), point],
    };

    /// <summary>This record without the names of points that are not kept any more, or were never committed.</summary>
    public PairRecord WithNamesOfKept() => NamedPoints.Count == 0 ? this : this with
    {
        NamedPoints = [.. NamedPoints.Where(named => named.Number >= LastCommitted.Number || RetainedPoints.Contains(named.Number))],
    };

    // What is retained stays: the times of a point are nowhere else.
    private IEnumerable<CommittedPoint> WithRoomForOne()
    {
        int tooMany = RecentPoints.Count + 1 - MaximumRecentPoints;
        return RecentPoints.Where(known => known == LastCommitted || RetainedPoints.Contains(known.Number) || tooMany-- <= 0);
    }
}

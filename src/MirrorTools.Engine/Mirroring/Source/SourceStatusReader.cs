using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Reads off where site 1 stands, for <c>Get-MirrorPair</c> and <c>Get-FlashcopyCycle</c>. On the pair's scheduler.</summary>
internal sealed class SourceStatusReader(
    SourceCore core, DirtyRegionLog log, SourceCycle cycle, SourceSuspension suspension, SourceConnection connection, SourceComparison comparison, CycleLoop loop)
{
    /// <summary>The status at this instant.</summary>
    public SourceStatus Read()
    {
        PairRecord record = core.Journal.Record;
        bool hasPoint = cycle.Point != 0;
        ISourceService service = core.Service;
        return new SourceStatus
        {
            State = cycle.State,
            Suspended = record.Suspended == SuspendReason.None && cycle.State == SourceState.Suspended ? suspension.Reason : record.Suspended,
            SuspendDetail = suspension.Detail,
            IsStorageFull = suspension.IsStorageFull,
            IsRegionLogLost = log.AlivePlaces == RegionLogFlags.None,
            IsConnected = cycle.Session is not null,
            Point = cycle.Point,
            TakenAt = hasPoint ? cycle.TakenAt : null,
            CycleGrains = hasPoint ? service.PointGrains : 0,
            UncopiedGrains = hasPoint ? service.Uncopied : 0,
            ChangedGrains = Math.Min(core.Geometry.GrainCount, service.CountChanged(hasPoint)),
            HasChanges = service.HasChanges,
            LastCommitted = record.LastCommitted,
            RecentPoints = record.RecentPoints,
            RecoveredPoint = !record.IsRecovered ? 0 : record.RecoveredPoint != 0 ? record.RecoveredPoint : record.TargetPoint,
            Generations = record.Generations,
            CycleLinkBytes = cycle.LinkBytes,
            SentBytes = service.SentBytes,
            SentGrains = service.SentGrains,
            WaitingWrites = service.WaitingWrites,
            IsDegraded = service.IsDegraded,
            LastGateTime = cycle.LastGateTime,
            LastHold = record.LastHold,
            IncrementState = service.IncrementState,
            IncrementTimer = service.IncrementTimer,
            RunTimer = core.Group.RunningRunTimer,
            GivenUpPoints = loop.BackOff.GivenUp,
            GivenUpReason = loop.BackOff.Reason,
            NextTryAt = loop.NextTryAt,
            IsPeerOlder = connection.IsPeerOlder,
            IsComparing = comparison.IsRunning,
            ComparedGrains = comparison.Compared,
        };
    }
}

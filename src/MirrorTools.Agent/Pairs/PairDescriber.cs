using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using PairRole = MirrorTools.Contracts.Pairs.PairRole;

namespace MirrorTools.Agent.Pairs;

/// <summary>Shows a pair as this agent sees it.</summary>
internal sealed class PairDescriber(IPeerLinks links, TimeProvider time)
{
    /// <summary>The pair now.</summary>
    public async Task<PairInfo> DescribeAsync(MirrorPair pair)
    {
        var info = Fixed(pair);
        if (pair.SourceSide is { Source: { } source } side)
        {
            await AddAsync(info, side, await source.GetStatusAsync(), pair);
        }
        else if (pair.TargetSide is { Target: { } target })
        {
            Add(info, await target.GetStatusAsync(), target.IsDistrusted, pair);
        }
        else
        {
            AddClosed(info, pair);
        }

        if (pair.OtherSideError is { } other && info.StateErrorId is null)
        {
            (info.StateErrorId, info.StateReason, info.RecommendedAction) = (other.ErrorId, other.Message, other.Remedy ?? ErrorTable.Find(other.ErrorId).Remedy);
            info.State = pair.SourceSide is null ? nameof(PairState.Failed) : info.State;
        }

        if (pair.IsRemoving)
        {
            info.State = nameof(PairState.Removing);
        }

        return info;
    }

    /// <summary>Adds what the engine knows of a cycle that runs to what is kept of it.</summary>
    public static void Measure(PairSide side, SourceStatus status, DateTimeOffset now)
    {
        if (status.Point == 0)
        {
            return;
        }

        side.History.Change((long)status.Point, status.TakenAt, cycle =>
        {
            var grainBytes = side.Definition.GrainBytes;
            cycle.GrainsTotal = status.CycleGrains;
            cycle.GrainsDone = Math.Max(cycle.GrainsDone, status.CycleGrains - status.UncopiedGrains);
            cycle.BytesTotal = Math.Min(status.CycleGrains * grainBytes, side.Definition.LengthBytes);
            cycle.BytesDone = Math.Min(cycle.GrainsDone * grainBytes, cycle.BytesTotal);
            cycle.BytesOnLink = status.CycleLinkBytes;
            var elapsed = now - (status.TakenAt ?? now);
            cycle.BytesPerSecond = elapsed > TimeSpan.Zero ? (long)(cycle.BytesDone / elapsed.TotalSeconds) : 0;
            cycle.TimeLeftMs = cycle.BytesPerSecond > 0 ? (cycle.BytesTotal - cycle.BytesDone) * 1000 / cycle.BytesPerSecond : null;
            if (cycle.EndedAt is null)
            {
                // The status may be older than an event that ended the cycle.
                cycle.State = (status.State is SourceState.Completing or SourceState.Prepared or SourceState.Recording ? CycleState.Committing : CycleState.Copying).ToString();
            }
        });
    }

    private PairInfo Fixed(MirrorPair pair)
    {
        var definition = pair.Definition;
        var info = new PairInfo
        {
            Id = definition.Id.ToString(),
            Name = definition.Name,
            Service = definition.Service.ToString(),
            Role = pair.Role.ToString(),
            LinkState = pair.PeerAgentId is { } peer ? links.IsConnected(peer) ? "Connecting" : "Disconnected" : "Local",
            Source = definition.SourceSite.Volume,
            FirstIntermediate = definition.SourceSite.Intermediate,
            SecondIntermediate = definition.TargetSite.Intermediate,
            Target = definition.TargetSite.Volume,
            SourceAgent = definition.SourceSite.AgentName,
            TargetAgent = definition.TargetSite.AgentName,
            SizeBytes = definition.LengthBytes,
            SectorSizeBytes = definition.SectorBytes,
            GrainSizeBytes = definition.GrainBytes,
            GrainCount = definition.Geometry.GrainCount,
            WritePolicy = definition.IsAsyncCopy ? null : definition.WritePolicy.ToString(),
            CollisionPolicy = definition.IsAsyncCopy ? definition.CollisionPolicy.ToString() : null,
            WriteDeadlineMs = definition.WriteDeadlineMs,
            RetainPoints = definition.RetainPoints,
            Group = definition.Group?.Name,
            MetadataPath = Path.GetDirectoryName(pair.LocalSites[0].Metadata),
            CreatedAt = WireTime.Write(definition.CreatedAt),
            Schedule = pair.Ticks?.Describe(definition.Name, definition.Id),
        };
        PairTimers.AddSettings(info, definition);
        return info;
    }

    private async Task AddAsync(PairInfo info, PairSide side, SourceStatus status, MirrorPair pair)
    {
        Measure(side, status, time.GetUtcNow());
        PairTimers.Add(info, status, time.GetUtcNow());
        AddPoint(info, status.LastCommitted, status.Generations, status.IsConnected);
        info.ChangedGrains = status.ChangedGrains;
        info.DataLossMs = info.DataLossMs is not null && status is { ChangedGrains: 0, Point: 0, HasChanges: false } ? 0 : info.DataLossMs;
        info.CurrentCycle = status.Point == 0 ? null : side.History.Find((long)status.Point) is { } cycle ? Named(cycle, pair) : null;
        info.State = StateOf(side, status).ToString();
        (info.StateErrorId, info.StateReason) = (ErrorOf(status.Suspended, status.IsStorageFull), ReasonOf(status, pair.Definition));
        if (info.StateErrorId is null && status is { IsPeerOlder: true, IsConnected: false })
        {
            (info.StateErrorId, info.StateReason) = (ErrorIds.SplitBrain, "The other site holds an older generation of the pair: it has to become this one's copy first.");
        }
        if (pair.TargetSide is { Target: { } target } && await target.GetStatusAsync() is { State: TargetState.Faulted } faulted)
        {
            (info.StateErrorId, info.StateReason) = (ErrorOf(faulted.Fault, faulted.IsStorageFull), faulted.FaultDetail);
        }

        info.RecommendedAction = info.StateErrorId is { } id ? RemedyOf(id, status.Suspended) : null;
        AddDisconnection(info, pair);
        PairTimers.AddBackOff(info, status);
    }

    private void AddDisconnection(PairInfo info, MirrorPair pair)
    {
        if (info is { State: nameof(PairState.Disconnected), StateErrorId: null })
        {
            (info.StateErrorId, info.StateReason, info.RecommendedAction) = Disconnection.Of(pair, links);
        }
    }

    private void Add(PairInfo info, TargetStatus status, bool isDistrusted, MirrorPair pair)
    {
        AddPoint(info, status.LastCommitted, status.Generations, status.IsConnected);
        info.State = (status switch
        {
            { State: TargetState.Faulted } => PairState.Suspended,
            { IsConnected: false } => PairState.Disconnected,
            { AwaitsComparison: true } => PairState.Comparing,
            { State: TargetState.Waiting } => PairState.Idle,
            { LastCommitted.IsNone: true } => PairState.InitialCopy,
            _ => PairState.Copying,
        }).ToString();
        if (status.State == TargetState.Faulted)
        {
            (info.StateErrorId, info.StateReason) = (ErrorOf(status.Fault, status.IsStorageFull), status.FaultDetail);
            info.RecommendedAction = "Mend the storage, then run Resume-MirrorPair at the source's agent.";
        }
        else if (isDistrusted)
        {
            info.StateErrorId = status.LastCommitted.IsNone ? null : ErrorIds.StorageChangedOutside;
            info.StateReason = status.AwaitsComparison
                ? "What this side holds has to be compared by hash with the source before it is trusted; that begins by itself when the two are connected."
                : "What this side holds was compared by hash with the source; the next commit proves it.";
            info.RecommendedAction = "See that the source's agent runs, then run Start-FlashcopyCycle there: its commit proves the copy.";
        }

        AddDisconnection(info, pair);
    }

    private static void AddClosed(PairInfo info, MirrorPair pair)
    {
        info.State = (pair.OpenError is null ? PairState.Creating : PairState.Failed).ToString();
        info.StateErrorId = pair.OpenError?.ErrorId;
        info.StateReason = pair.OpenError?.Message;
        info.RecommendedAction = pair.OpenError is { } error ? error.Remedy ?? ErrorTable.Find(error.ErrorId).Remedy : null;
    }

    private void AddPoint(PairInfo info, CommittedPoint committed, GenerationHistory generations, bool isConnected)
    {
        info.LinkState = info.LinkState == "Local" ? info.LinkState : isConnected ? "Connected" : info.LinkState;
        info.Generation = generations.Current.Id.ToString();
        if (!committed.IsNone)
        {
            info.CommittedPoint = (long)committed.Number;
            info.CommittedPointTime = WireTime.Write(committed.TakenAt);
            info.DataLossMs = Math.Max(0, (long)(time.GetUtcNow() - committed.TakenAt).TotalMilliseconds);
        }
    }

    private static PairState StateOf(PairSide side, SourceStatus status) => status switch
    {
        { State: SourceState.Failed } => PairState.Failed,
        { Suspended: SuspendReason.SplitBrain or SuspendReason.OldGeneration } => PairState.SplitBrain,
        { State: SourceState.Suspended } => PairState.Suspended,
        { IsComparing: true } => PairState.Comparing,
        { IsConnected: false } when side.IsRecovered => PairState.Recovered,
        { IsConnected: false } => PairState.Disconnected,
        { Point: not 0, LastCommitted.IsNone: true } => PairState.InitialCopy,
        { Point: not 0 } => PairState.Copying,
        _ => PairState.Idle,
    };

    private static string? ReasonOf(SourceStatus status, PairDefinition definition) => status switch
    {
        { IsComparing: true } => $"Compared by hash with the other site: {status.ComparedGrains} grains so far.",
        { Suspended: not SuspendReason.None } => status.SuspendDetail ?? EarlierFault(status, definition),
        { LastCommitted.IsNone: true, Point: 0 } => "No cycle has run yet.",
        { IsDegraded: true } => "Writes do not wait for the other site, which is slow or away.",
        _ => null,
    };

    // What was said at the time is in the events; the storage and the kind of its fault are what the record keeps.
    private static string EarlierFault(SourceStatus status, PairDefinition definition)
    {
        var storage = status.Suspended switch
        {
            SuspendReason.FirstIntermediateFailed => $"The first intermediate '{definition.SourceSite.Intermediate}'",
            SuspendReason.SourceUnreadable => $"The source '{definition.SourceSite.Volume}'",
            SuspendReason.SecondIntermediateFailed => $"The {(definition.IsAsyncCopy ? "area of preserved grains" : "second intermediate")} '{definition.TargetSite.Intermediate}'",
            SuspendReason.TargetFailed => $"The target '{definition.TargetSite.Volume}'",
            SuspendReason.MetadataFailed => "The pair's metadata at this site",
            SuspendReason.RemoteMetadataFailed => "The pair's metadata at the other site",
            _ => null,
        };
        return storage is null ? SuspensionText(status.Suspended) : $"{storage} {(status.IsStorageFull ? "had no space left" : "failed")} before the agent was restarted.";
    }

    private static string SuspensionText(SuspendReason reason) => reason switch
    {
        SuspendReason.Requested => "An admin suspended it; hosts go on and changes are recorded.",
        SuspendReason.SplitBrain => "Both sites were written since they parted.",
        SuspendReason.OldGeneration => "The other site was recovered and went on.",
        SuspendReason.GeometryMismatch => "The two sites' sizes do not fit.",
        SuspendReason.ServiceMismatch => "The two sites' sides are of different copy services.",
        _ => "An invariant broke; the log says which.",
    };

    private static string? ErrorOf(SuspendReason reason, bool isStorageFull) => reason switch
    {
        SuspendReason.None => null,
        SuspendReason.Requested => ErrorIds.PairSuspended,
        SuspendReason.SplitBrain or SuspendReason.OldGeneration => ErrorIds.SplitBrain,
        SuspendReason.GeometryMismatch => ErrorIds.TargetTooSmall,
        SuspendReason.ServiceMismatch => ErrorIds.CopyServiceNotSupported,
        SuspendReason.Failed => ErrorIds.PairFailed,
        _ => isStorageFull ? ErrorIds.DiskFull : ErrorIds.DeviceError,
    };

    private static string RemedyOf(string errorId, SuspendReason reason) => reason switch
    {
        SuspendReason.FirstIntermediateFailed => "Mend the first intermediate or make room on its file system, then run Resume-MirrorPair.",
        SuspendReason.SecondIntermediateFailed or SuspendReason.TargetFailed or SuspendReason.RemoteMetadataFailed =>
            "Mend the storage at site 2 or make room on its file system, then run Resume-MirrorPair.",
        SuspendReason.ServiceMismatch => "Run Remove-MirrorPair at both agents, and New-MirrorPair -Seeded.",
        SuspendReason.SourceUnreadable or SuspendReason.MetadataFailed => "Mend the storage or make room on its file system, then run Resume-MirrorPair.",
        _ => ErrorTable.Find(errorId).Remedy,
    };

    /// <summary>A cycle with its pair's name.</summary>
    public static CycleInfo Named(CycleInfo cycle, MirrorPair pair)
    {
        (cycle.Pair, cycle.PairId) = (pair.Definition.Name, pair.Definition.Id.ToString());
        return cycle;
    }
}

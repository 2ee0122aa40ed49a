using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Cycles;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Schedules;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>A pair as one agent sees it.</summary>
public sealed class MirrorPair
{
    internal MirrorPair(PairInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Name = info.Name;
        Id = info.Id;
        Service = info.Service;
        Role = info.Role;
        State = info.State;
        StateReason = info.StateReason;
        StateErrorId = info.StateErrorId;
        RecommendedAction = info.RecommendedAction;
        LinkState = info.LinkState;
        Source = info.Source;
        FirstIntermediate = info.FirstIntermediate;
        SecondIntermediate = info.SecondIntermediate;
        Target = info.Target;
        SourceAgent = info.SourceAgent;
        TargetAgent = info.TargetAgent;
        Size = info.SizeBytes;
        SectorSize = info.SectorSizeBytes;
        GrainSize = info.GrainSizeBytes;
        GrainCount = info.GrainCount;
        ChangedGrains = info.ChangedGrains;
        ChangedBytes = Math.Min(info.ChangedGrains * info.GrainSizeBytes, info.SizeBytes);
        WritePolicy = info.WritePolicy;
        WriteDeadline = Wire.Duration(info.WriteDeadlineMs);
        RunTimer = Wire.Duration(info.RunTimerMs);
        RunTimerStartedAt = WireTime.Read(info.RunTimerStartedAt);
        RunTimerLeft = Wire.Duration(info.RunTimerLeftMs);
        MaximumIncrement = Wire.Duration(info.MaximumIncrementMs);
        IncrementState = info.IncrementState;
        IncrementStartedAt = WireTime.Read(info.IncrementStartedAt);
        IncrementLeft = Wire.Duration(info.IncrementLeftMs);
        LastHoldTime = Wire.Duration(info.LastHoldMs);
        GivenUpPoints = info.GivenUpPoints ?? 0;
        NextTryAt = WireTime.Read(info.NextTryAt);
        CollisionPolicy = info.CollisionPolicy;
        HardeningMethod = info.HardeningMethod;
        Group = info.Group;
        Schedule = info.Schedule is { } schedule ? new MirrorSchedule(schedule, agent) : null;
        RetainPoints = info.RetainPoints;
        MetadataPath = info.MetadataPath;
        Generation = info.Generation;
        CreatedAt = WireTime.Read(info.CreatedAt);
        CommittedPoint = info.CommittedPoint;
        CommittedPointTime = WireTime.Read(info.CommittedPointTime);
        DataLoss = Wire.Duration(info.DataLossMs);
        CurrentCycle = info.CurrentCycle is { } cycle ? new FlashcopyCycle(cycle, agent) : null;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its 128-bit id.</summary>
    public string Id { get; }

    /// <summary><c>Flashcopy</c>, <c>AsyncCopy</c> or <c>SyncCache</c>.</summary>
    public string Service { get; }

    /// <summary>What the agent is to it: <c>Source</c>, <c>Target</c> or <c>Both</c>.</summary>
    public string Role { get; }

    /// <summary>Its state, such as <c>Idle</c>, <c>Copying</c> or <c>Suspended</c>.</summary>
    public string State { get; }

    /// <summary>Why it is in that state.</summary>
    public string? StateReason { get; }

    /// <summary>The error id behind the state.</summary>
    public string? StateErrorId { get; }

    /// <summary>What gets it out of the state.</summary>
    public string? RecommendedAction { get; }

    /// <summary><c>Connected</c>, <c>Connecting</c>, <c>Disconnected</c> or <c>Local</c>.</summary>
    public string LinkState { get; }

    /// <summary>A: the source.</summary>
    public string Source { get; }

    /// <summary>B: the first intermediate storage; for AsyncCopy the area of preserved grains at site 1.</summary>
    public string? FirstIntermediate { get; }

    /// <summary>C: the second intermediate storage; for AsyncCopy the area of preserved grains at site 2.</summary>
    public string? SecondIntermediate { get; }

    /// <summary>D: the target.</summary>
    public string Target { get; }

    /// <summary>The agent at site 1.</summary>
    public string SourceAgent { get; }

    /// <summary>The agent at site 2.</summary>
    public string TargetAgent { get; }

    /// <summary>The size of the source in bytes.</summary>
    public long Size { get; }

    /// <summary>512 or 4096 bytes.</summary>
    public int SectorSize { get; }

    /// <summary>The grain size in bytes.</summary>
    public long GrainSize { get; }

    /// <summary>How many grains the source has.</summary>
    public long GrainCount { get; }

    /// <summary>Grains changed since the last point; for AsyncCopy, those of them that site 2 does not have yet.</summary>
    public long ChangedGrains { get; }

    /// <summary>The same in bytes, at most the size.</summary>
    public long ChangedBytes { get; }

    /// <summary>What a host write to an uncopied grain does first.</summary>
    public string? WritePolicy { get; }

    /// <summary>After how long a policy that waits for site 2 does without.</summary>
    public TimeSpan? WriteDeadline { get; }

    /// <summary>How long writes stay held for a point of a group over several agents.</summary>
    public TimeSpan? RunTimer { get; }

    /// <summary>When the run timer began, while the agent holds writes for a point that another agent takes.</summary>
    public DateTimeOffset? RunTimerStartedAt { get; }

    /// <summary>What is left of it.</summary>
    public TimeSpan? RunTimerLeft { get; }

    /// <summary>AsyncCopy only: how long an increment may take before it is given up.</summary>
    public TimeSpan? MaximumIncrement { get; }

    /// <summary>AsyncCopy only, at the source's agent: <c>Normal</c>, <c>IncrementPending</c> or <c>ConsistencyGroupInProgress</c>.</summary>
    public string? IncrementState { get; }

    /// <summary>When the maximum increment timer began, while an increment is under way.</summary>
    public DateTimeOffset? IncrementStartedAt { get; }

    /// <summary>What is left of it.</summary>
    public TimeSpan? IncrementLeft { get; }

    /// <summary>How long hosts' writes were held for the last committed point, at the source's agent.</summary>
    public TimeSpan? LastHoldTime { get; }

    /// <summary>How many points were given up since the last commit.</summary>
    public int GivenUpPoints { get; }

    /// <summary>When the schedule tries again after that.</summary>
    public DateTimeOffset? NextTryAt { get; }

    /// <summary>AsyncCopy only.</summary>
    public string? CollisionPolicy { get; }

    /// <summary>SyncCache only.</summary>
    public string? HardeningMethod { get; }

    /// <summary>Its consistency group.</summary>
    public string? Group { get; }

    /// <summary>Its schedule, where the agent runs it.</summary>
    public MirrorSchedule? Schedule { get; }

    /// <summary>How many committed points are kept.</summary>
    public int RetainPoints { get; }

    /// <summary>Where its maps and points are.</summary>
    public string? MetadataPath { get; }

    /// <summary>Its present generation.</summary>
    public string? Generation { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; }

    /// <summary>The number of the last committed point; nothing before the first commit.</summary>
    public long? CommittedPoint { get; }

    /// <summary>Its t1.</summary>
    public DateTimeOffset? CommittedPointTime { get; }

    /// <summary>What a recovery would lose now: the time since t1; zero where nothing changed since.</summary>
    public TimeSpan? DataLoss { get; }

    /// <summary>The running cycle.</summary>
    public FlashcopyCycle? CurrentCycle { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

using System.Runtime.Serialization;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Contracts.Pairs;

/// <summary>A pair as one agent sees it.</summary>
[DataContract]
public sealed class PairInfo
{
    /// <summary>The pair's 128-bit id, as a GUID.</summary>
    [DataMember(Name = "id")]
    public string Id { get => field ?? ""; set; }

    /// <summary>Its name.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>A name of <see cref="CopyService"/>.</summary>
    [DataMember(Name = "service")]
    public string Service { get => field ?? ""; set; }

    /// <summary>A name of <see cref="PairRole"/>: what the agent that answers is to the pair.</summary>
    [DataMember(Name = "role")]
    public string Role { get => field ?? ""; set; }

    /// <summary>A name of <see cref="PairState"/>.</summary>
    [DataMember(Name = "state")]
    public string State { get => field ?? ""; set; }

    /// <summary>Why it is in that state, where that is not plain.</summary>
    [DataMember(Name = "stateReason", EmitDefaultValue = false)]
    public string? StateReason { get; set; }

    /// <summary>The error id behind the state, one of the documented ids.</summary>
    [DataMember(Name = "stateErrorId", EmitDefaultValue = false)]
    public string? StateErrorId { get; set; }

    /// <summary>What gets it out of the state, naming the cmdlet.</summary>
    [DataMember(Name = "recommendedAction", EmitDefaultValue = false)]
    public string? RecommendedAction { get; set; }

    /// <summary><c>Connected</c>, <c>Connecting</c>, <c>Disconnected</c>, or <c>Local</c> where one agent is both sites.</summary>
    [DataMember(Name = "linkState")]
    public string LinkState { get => field ?? ""; set; }

    /// <summary>A: path at site 1.</summary>
    [DataMember(Name = "source")]
    public string Source { get => field ?? ""; set; }

    /// <summary>B, for AsyncCopy the area of preserved grains: path at site 1.</summary>
    [DataMember(Name = "firstIntermediate", EmitDefaultValue = false)]
    public string? FirstIntermediate { get; set; }

    /// <summary>C, for AsyncCopy the area of preserved grains: path at site 2.</summary>
    [DataMember(Name = "secondIntermediate", EmitDefaultValue = false)]
    public string? SecondIntermediate { get; set; }

    /// <summary>D: path at site 2.</summary>
    [DataMember(Name = "target")]
    public string Target { get => field ?? ""; set; }

    /// <summary>The name of the agent at site 1.</summary>
    [DataMember(Name = "sourceAgent")]
    public string SourceAgent { get => field ?? ""; set; }

    /// <summary>The name of the agent at site 2.</summary>
    [DataMember(Name = "targetAgent")]
    public string TargetAgent { get => field ?? ""; set; }

    /// <summary>The size of the source.</summary>
    [DataMember(Name = "sizeBytes")]
    public long SizeBytes { get; set; }

    /// <summary>512 or 4096.</summary>
    [DataMember(Name = "sectorSizeBytes")]
    public int SectorSizeBytes { get; set; }

    /// <summary>The grain size.</summary>
    [DataMember(Name = "grainSizeBytes")]
    public long GrainSizeBytes { get; set; }

    /// <summary>How many grains the source has.</summary>
    [DataMember(Name = "grainCount")]
    public long GrainCount { get; set; }

    /// <summary>Grains changed since the last point, as known to the agent that answers; for AsyncCopy, those of them that site 2 does not have yet.</summary>
    [DataMember(Name = "changedGrains")]
    public long ChangedGrains { get; set; }

    /// <summary>A name of <see cref="WritePolicy"/>; absent for AsyncCopy.</summary>
    [DataMember(Name = "writePolicy", EmitDefaultValue = false)]
    public string? WritePolicy { get; set; }

    /// <summary>Its deadline.</summary>
    [DataMember(Name = "writeDeadlineMs", EmitDefaultValue = false)]
    public long? WriteDeadlineMs { get; set; }

    /// <summary>AsyncCopy only.</summary>
    [DataMember(Name = "collisionPolicy", EmitDefaultValue = false)]
    public string? CollisionPolicy { get; set; }

    /// <summary>How long writes stay held for a point of a consistency group over several agents; of the group's pairs at the agent that takes its points the longest counts.</summary>
    [DataMember(Name = "runTimerMs", EmitDefaultValue = false)]
    public long? RunTimerMs { get; set; }

    /// <summary>When the run timer began, while the agent that answers holds writes for a point that another one takes (ISO 8601, UTC).</summary>
    [DataMember(Name = "runTimerStartedAt", EmitDefaultValue = false)]
    public string? RunTimerStartedAt { get; set; }

    /// <summary>What is left of it.</summary>
    [DataMember(Name = "runTimerLeftMs", EmitDefaultValue = false)]
    public long? RunTimerLeftMs { get; set; }

    /// <summary>AsyncCopy only: how long an increment may take before it is given up.</summary>
    [DataMember(Name = "maximumIncrementMs", EmitDefaultValue = false)]
    public long? MaximumIncrementMs { get; set; }

    /// <summary>AsyncCopy only, where the agent that answers has the source: a name of <see cref="Pairs.IncrementState"/>.</summary>
    [DataMember(Name = "incrementState", EmitDefaultValue = false)]
    public string? IncrementState { get; set; }

    /// <summary>When the maximum increment timer began, while an increment is under way (ISO 8601, UTC).</summary>
    [DataMember(Name = "incrementStartedAt", EmitDefaultValue = false)]
    public string? IncrementStartedAt { get; set; }

    /// <summary>What is left of it.</summary>
    [DataMember(Name = "incrementLeftMs", EmitDefaultValue = false)]
    public long? IncrementLeftMs { get; set; }

    /// <summary>How long hosts' writes were held for the last committed point, where the agent that answers has the source and knows .</summary>
    [DataMember(Name = "lastHoldMs", EmitDefaultValue = false)]
    public double? LastHoldMs { get; set; }

    /// <summary>How many points were given up since the last commit; absent where none was.</summary>
    [DataMember(Name = "givenUpPoints", EmitDefaultValue = false)]
    public int? GivenUpPoints { get; set; }

    /// <summary>When the schedule tries again after that (ISO 8601, UTC); <c>Start-FlashcopyCycle</c> does not wait for it .</summary>
    [DataMember(Name = "nextTryAt", EmitDefaultValue = false)]
    public string? NextTryAt { get; set; }

    /// <summary>SyncCache only.</summary>
    [DataMember(Name = "hardeningMethod", EmitDefaultValue = false)]
    public string? HardeningMethod { get; set; }

    /// <summary>Its consistency group.</summary>
    [DataMember(Name = "group", EmitDefaultValue = false)]
    public string? Group { get; set; }

    /// <summary>Its schedule, where the agent that answers runs it.</summary>
    [DataMember(Name = "schedule", EmitDefaultValue = false)]
    public ScheduleInfo? Schedule { get; set; }

    /// <summary>How many committed points are kept.</summary>
    [DataMember(Name = "retainPoints")]
    public int RetainPoints { get; set; }

    /// <summary>The directory of the metadata on the agent that answers.</summary>
    [DataMember(Name = "metadataPath", EmitDefaultValue = false)]
    public string? MetadataPath { get; set; }

    /// <summary>The id of the pair's present generation.</summary>
    [DataMember(Name = "generation", EmitDefaultValue = false)]
    public string? Generation { get; set; }

    /// <summary>When it was made (ISO 8601, UTC).</summary>
    [DataMember(Name = "createdAt")]
    public string CreatedAt { get => field ?? ""; set; }

    /// <summary>The number of the last committed point; absent before the first commit.</summary>
    [DataMember(Name = "committedPoint", EmitDefaultValue = false)]
    public long? CommittedPoint { get; set; }

    /// <summary>Its t1 (ISO 8601, UTC).</summary>
    [DataMember(Name = "committedPointTime", EmitDefaultValue = false)]
    public string? CommittedPointTime { get; set; }

    /// <summary>The recovery point now: how long ago that t1 was (P-3). Zero where nothing changed since.</summary>
    [DataMember(Name = "dataLossMs", EmitDefaultValue = false)]
    public long? DataLossMs { get; set; }

    /// <summary>The running cycle.</summary>
    [DataMember(Name = "currentCycle", EmitDefaultValue = false)]
    public CycleInfo? CurrentCycle { get; set; }
}

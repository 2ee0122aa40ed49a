using MirrorTools.Contracts.Schedules;
using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Groups;

/// <summary>A consistency group as one agent sees it: pairs whose points are taken at one instant, and committed or given up together (F-2, F-9).</summary>
[DataContract]
public sealed class GroupInfo
{
    /// <summary>The group's 128-bit id, as a GUID.</summary>
    [DataMember(Name = "id")]
    public string Id { get => field ?? ""; set; }

    /// <summary>Its name.</summary>
    [DataMember(Name = "name")]
    public string Name { get => field ?? ""; set; }

    /// <summary>The names of its pairs; the first one leads. One with its source at another agent is named <c>AGENT/PAIR</c>; an agent with copies only names those that it has by their names alone.</summary>
    [DataMember(Name = "pairs")]
    public List<string> Pairs { get => field ??= []; set; }

    /// <summary>Where its pairs are, in the same order.</summary>
    [DataMember(Name = "members")]
    public List<GroupMemberInfo> Members { get => field ??= []; set; }

    /// <summary>The name of the agent at site 1 of its first pair that the agent has.</summary>
    [DataMember(Name = "sourceAgent")]
    public string SourceAgent { get => field ?? ""; set; }

    /// <summary>The name of the agent at site 2 of that pair.</summary>
    [DataMember(Name = "targetAgent")]
    public string TargetAgent { get => field ?? ""; set; }

    /// <summary>The names of all agents at site 1 of its pairs, that of the first pair first.</summary>
    [DataMember(Name = "sourceAgents")]
    public List<string> SourceAgents { get => field ??= []; set; }

    /// <summary>The names of all agents at site 2 of its pairs, that of the first pair first.</summary>
    [DataMember(Name = "targetAgents")]
    public List<string> TargetAgents { get => field ??= []; set; }

    /// <summary>When it was made (ISO 8601, UTC).</summary>
    [DataMember(Name = "createdAt")]
    public string CreatedAt { get => field ?? ""; set; }

    /// <summary>The schedule of the pair that leads, where the agent that answers runs it; it is the group's.</summary>
    [DataMember(Name = "schedule", EmitDefaultValue = false)]
    public ScheduleInfo? Schedule { get; set; }

    /// <summary>A name of <see cref="GroupState"/>.</summary>
    [DataMember(Name = "state")]
    public string State { get => field ?? ""; set; }

    /// <summary>Why it is in that state, where that is not plain.</summary>
    [DataMember(Name = "stateReason", EmitDefaultValue = false)]
    public string? StateReason { get; set; }

    /// <summary>How long writes stay held for a point, where the group is over several agents and the agent that answers takes its points.</summary>
    [DataMember(Name = "runTimerMs", EmitDefaultValue = false)]
    public long? RunTimerMs { get; set; }

    /// <summary>AsyncCopy only, where the agent that answers has the source of the pair that leads: a name of <see cref="Contracts.Pairs.IncrementState"/>.</summary>
    [DataMember(Name = "incrementState", EmitDefaultValue = false)]
    public string? IncrementState { get; set; }

    /// <summary>How many points were given up since the last commit, as the pair that leads counts them; absent where none was.</summary>
    [DataMember(Name = "givenUpPoints", EmitDefaultValue = false)]
    public int? GivenUpPoints { get; set; }

    /// <summary>When the schedule tries again after that (ISO 8601, UTC).</summary>
    [DataMember(Name = "nextTryAt", EmitDefaultValue = false)]
    public string? NextTryAt { get; set; }
}

using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Cmdlets.Schedules;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Groups;

namespace MirrorTools.Cmdlets.Groups;

/// <summary>A consistency group as one agent sees it.</summary>
public sealed class MirrorGroup
{
    internal MirrorGroup(GroupInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Name = info.Name;
        Id = info.Id;
        Pairs = [.. info.Pairs];
        Lead = info.Pairs.FirstOrDefault();
        SourceAgent = info.SourceAgent;
        TargetAgent = info.TargetAgent;
        SourceAgents = info.SourceAgents.Count > 0 ? [.. info.SourceAgents] : [info.SourceAgent];
        TargetAgents = info.TargetAgents.Count > 0 ? [.. info.TargetAgents] : [info.TargetAgent];
        State = info.State;
        StateReason = info.StateReason;
        Schedule = info.Schedule is { } schedule ? new MirrorSchedule(schedule, agent) : null;
        RunTimer = Wire.Duration(info.RunTimerMs);
        IncrementState = info.IncrementState;
        GivenUpPoints = info.GivenUpPoints ?? 0;
        NextTryAt = WireTime.Read(info.NextTryAt);
        CreatedAt = WireTime.Read(info.CreatedAt);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its 128-bit id.</summary>
    public string Id { get; }

    /// <summary>The names of its pairs, the one that leads first; <c>AGENT/PAIR</c> for one with its source at another agent, as far as the agent has sources, else for one that it has no copy of.</summary>
    public string[] Pairs { get; }

    /// <summary>The pair that leads: its schedule is the group's, and so is its commit.</summary>
    public string? Lead { get; }

    /// <summary>The agent at site 1 of the first of its pairs that the agent has.</summary>
    public string SourceAgent { get; }

    /// <summary>The agent at site 2 of that pair.</summary>
    public string TargetAgent { get; }

    /// <summary>All agents at site 1 of its pairs, that of the first pair first.</summary>
    public string[] SourceAgents { get; }

    /// <summary>All agents at site 2 of its pairs, that of the first pair first.</summary>
    public string[] TargetAgents { get; }

    /// <summary><c>Complete</c>, or <c>Incomplete</c> where some of its pairs are not open, or an agent with sources of it is away.</summary>
    public string State { get; }

    /// <summary>Why it is in that state.</summary>
    public string? StateReason { get; }

    /// <summary>The schedule of the pair that leads, where the agent runs it.</summary>
    public MirrorSchedule? Schedule { get; }

    /// <summary>How long writes stay held for a point, where the group is over several agents and the agent takes its points.</summary>
    public TimeSpan? RunTimer { get; }

    /// <summary>AsyncCopy only, at the agent with the source of the pair that leads: <c>Normal</c>, <c>IncrementPending</c> or <c>ConsistencyGroupInProgress</c>.</summary>
    public string? IncrementState { get; }

    /// <summary>How many points were given up since the last commit.</summary>
    public int GivenUpPoints { get; }

    /// <summary>When the schedule tries again after that.</summary>
    public DateTimeOffset? NextTryAt { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <summary>Those of its pairs that are named without an agent: what the group stands for in other cmdlets.</summary>
    internal string[] OwnPairs => [.. Pairs.Where(static pair => pair.IndexOf('/') < 0)];

    /// <inheritdoc/>
    public override string ToString() => Name;
}

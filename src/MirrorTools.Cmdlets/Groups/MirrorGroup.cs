using MirrorTools.Cmdlets.Connection;
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
        State = info.State;
        StateReason = info.StateReason;
        Schedule = info.Schedule is { } schedule ? new MirrorSchedule(schedule, agent) : null;
        CreatedAt = WireTime.Read(info.CreatedAt);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its 128-bit id.</summary>
    public string Id { get; }

    /// <summary>The names of its pairs, the one that leads first.</summary>
    public string[] Pairs { get; }

    /// <summary>The pair that leads: its schedule is the group's, and so is its commit.</summary>
    public string? Lead { get; }

    /// <summary>The agent at site 1 of all its pairs.</summary>
    public string SourceAgent { get; }

    /// <summary>The agent at site 2 of all its pairs.</summary>
    public string TargetAgent { get; }

    /// <summary><c>Complete</c>, or <c>Incomplete</c> where some of its pairs are not open.</summary>
    public string State { get; }

    /// <summary>Why it is in that state.</summary>
    public string? StateReason { get; }

    /// <summary>The schedule of the pair that leads, where the agent runs it.</summary>
    public MirrorSchedule? Schedule { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

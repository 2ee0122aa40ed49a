using MirrorTools.Agent.Pairs;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Agent.Groups;

/// <summary>A pair that is, or becomes, or was a member of a group that this agent changes.</summary>
/// <param name="Id">The pair.</param>
/// <param name="Name">Its name at the agent of its source.</param>
/// <param name="Service">Its copy service.</param>
/// <param name="Site1">The agent of its site 1.</param>
/// <param name="Site2">The agent of its site 2.</param>
/// <param name="IsSiteTwo">True where site 2 is the source, after a recovery.</param>
internal sealed record MemberPair(Guid Id, string Name, CopyService Service, GroupAgent Site1, GroupAgent Site2, bool IsSiteTwo)
{
    /// <summary>The pair where its source is at this agent; else null.</summary>
    public MirrorPair? Here { get; init; }

    /// <summary>The group it is in; null where it stands alone.</summary>
    public Guid? GroupId { get; init; }

    /// <summary>That group's name.</summary>
    public string? GroupName { get; init; }

    /// <summary>The agent with its source.</summary>
    public GroupAgent Source => IsSiteTwo ? Site2 : Site1;

    /// <summary>The agent with its copy.</summary>
    public GroupAgent Target => IsSiteTwo ? Site1 : Site2;

    /// <summary>As an admin names it at this agent: <c>PAIR</c>, or <c>AGENT/PAIR</c>.</summary>
    public string Label => Here is null ? $"{Source.Name}/{Name}" : Name;
}

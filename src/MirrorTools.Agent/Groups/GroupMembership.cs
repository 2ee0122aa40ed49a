using MirrorTools.Agent.Pairs;
using MirrorTools.Engine.Mirroring.Groups;

namespace MirrorTools.Agent.Groups;

/// <summary>The consistency group a pair is in; every member's definition says the same, on all agents.</summary>
/// <param name="Id">The group.</param>
/// <param name="Name">Its name.</param>
/// <param name="CreatedAt">When it was made (UTC).</param>
/// <param name="Pairs">The ids of its pairs, the lead first.</param>
public sealed record GroupMembership(Guid Id, string Name, DateTimeOffset CreatedAt, IReadOnlyList<Guid> Pairs)
{
    /// <summary>Where the pairs are; null where all are between the same two agents as the pair whose definition this is of.</summary>
    public GroupPlaces? Places { get; init; }

    /// <summary>False for what no agent writes; another one may have sent it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsSound => Name is not null && Pairs is { Count: > 0 } && Pairs.Distinct().Count() == Pairs.Count && Places?.IsSound(Pairs.Count) != false;

    /// <summary>True for the pair whose commit is the group's.</summary>
    public bool IsLedBy(Guid pairId) => Pairs[0] == pairId;

    /// <summary>The agent with a member's side; null for a pair that is none.</summary>
    /// <param name="pairId">The member.</param>
    /// <param name="isSiteTwo">Its site.</param>
    /// <param name="own">The definition this membership is of.</param>
    public GroupAgent? AgentOf(Guid pairId, bool isSiteTwo, PairDefinition own)
    {
        var index = Pairs.ToList().IndexOf(pairId);
        return index < 0 ? null : AgentAt(index, isSiteTwo, own);
    }

    /// <summary>The agents of one site of all members, each once, the lead's first.</summary>
    public IReadOnlyList<GroupAgent> AgentsOf(bool isSiteTwo, PairDefinition own) =>
        [.. Enumerable.Range(0, Places is null ? 1 : Pairs.Count).Select(index => AgentAt(index, isSiteTwo, own)).DistinctBy(static agent => agent.Id)];

    /// <summary>Which agents the sources of one site are at; null where all are at the agent that has the one whose definition this is of.</summary>
    public GroupPlan? PlanOf(bool isSiteTwo, PairDefinition own, Guid ownAgent)
    {
        if (Places is not { } places)
        {
            return null;
        }

        var plan = new GroupPlan(Id, ownAgent, [.. Pairs.Select((pair, index) => Member(pair, places.AgentOf(index, isSiteTwo)))]);
        return plan.IsLocal ? null : plan;
    }

    /// <summary>True for the same pairs at the same agents in the same order: no pair has to be closed for the one to take the other's place.</summary>
    public bool HasSameCompany(GroupMembership? other) => other is not null && Id == other.Id && Pairs.SequenceEqual(other.Pairs)
        && (Places is null ? other.Places is null : Places.IsSameAs(other.Places));

    /// <summary>True for the same group under the same name.</summary>
    public bool IsSameAs(GroupMembership? other) => HasSameCompany(other) && Name == other!.Name;

    private static GroupMember Member(Guid pair, GroupAgent agent) => new(pair, agent.Id, agent.Name);

    private GroupAgent AgentAt(int index, bool isSiteTwo, PairDefinition own)
    {
        var site = isSiteTwo ? own.TargetSite : own.SourceSite;
        return Places?.AgentOf(index, isSiteTwo) ?? new GroupAgent(site.AgentId, site.AgentName);
    }
}

namespace MirrorTools.Agent.Groups;

/// <summary>Which agents hold the sides of a group's pairs. It is part of every member's definition, which has room for little: an agent is named once.</summary>
/// <param name="Agents">Every agent of the group, once.</param>
/// <param name="Pairs">Where each pair is, in the group's order.</param>
public sealed record GroupPlaces(IReadOnlyList<GroupAgent> Agents, IReadOnlyList<GroupPlace> Pairs)
{
    /// <summary>The places of pairs; null where all are between the same two agents, as a group needs none then.</summary>
    /// <param name="pairs">Each pair's name and the agents of its two sites, in the group's order.</param>
    public static GroupPlaces? Of(IReadOnlyList<(string Name, GroupAgent Site1, GroupAgent Site2)> pairs)
    {
        if (pairs.Select(static pair => (pair.Site1.Id, pair.Site2.Id)).Distinct().Count() < 2)
        {
            return null;
        }

        List<GroupAgent> agents = [.. pairs.SelectMany(static pair => new[] { pair.Site1, pair.Site2 }).DistinctBy(static agent => agent.Id)];
        int IndexOf(GroupAgent agent) => agents.FindIndex(known => known.Id == agent.Id);
        return new(agents, [.. pairs.Select(pair => new GroupPlace(pair.Name, IndexOf(pair.Site1), IndexOf(pair.Site2)))]);
    }

    /// <summary>True where every place is of a pair and names an agent: what another agent sent may not.</summary>
    /// <param name="pairs">How many pairs the group has.</param>
    public bool IsSound(int pairs) => Agents?.Contains(null!) == false && Pairs?.Contains(null!) == false && Pairs.Count == pairs && Agents.DistinctBy(static agent => agent.Id).Count() == Agents.Count
        && Pairs.All(place => IsAgent(place.Site1) && IsAgent(place.Site2));

    /// <summary>The agent of one pair's site.</summary>
    /// <param name="index">The pair's place in the group's order.</param>
    /// <param name="isSiteTwo">The site.</param>
    public GroupAgent AgentOf(int index, bool isSiteTwo) => Agents[isSiteTwo ? Pairs[index].Site2 : Pairs[index].Site1];

    /// <summary>True for the same pairs at the same agents, whatever their names are.</summary>
    public bool IsSameAs(GroupPlaces? other) => other is not null && Pairs.Count == other.Pairs.Count && Enumerable.Range(0, Pairs.Count).All(
        index => AgentOf(index, false).Id == other.AgentOf(index, false).Id && AgentOf(index, true).Id == other.AgentOf(index, true).Id);

    private bool IsAgent(int index) => index >= 0 && index < Agents.Count;
}

using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Agent.Groups;

/// <summary>Finds the pairs of groups by what admins call them: <c>PAIR</c> for one with its source at this agent, <c>AGENT/PAIR</c> for one with its source at another.</summary>
internal sealed class MemberPairs(PairRegistry registry, IPeerLinks links, AgentIdentity identity)
{
    /// <summary>A pair that is to be a member.</summary>
    public async Task<MemberPair> FindAsync(string name, CancellationToken cancel)
    {
        if (Split(name) is not ({ } agent, var pair))
        {
            return Of(registry.Find(name));
        }

        if (IsSelf(agent))
        {
            return Of(registry.Find(pair));
        }

        return await AskAsync(Trusted(agent), pair, cancel);
    }

    /// <summary>A pair that leaves: what the group says of it is enough, its agent need not answer.</summary>
    public async Task<MemberPair?> FindMemberAsync(string name, GroupMembership group, PairDefinition own, bool isSiteTwo, CancellationToken cancel)
    {
        if (Split(name) is not ({ } agent, var pair) || IsSelf(agent))
        {
            // It may be closed.
            var here = registry.Find(Split(name).Pair);
            return Remembered(group, own, isSiteTwo).FirstOrDefault(member => member.Id == here.Definition.Id);
        }

        var known = Remembered(group, own, isSiteTwo).FirstOrDefault(member => IsNamed(member.Name, member.Id, pair) && IsNamed(NameOf(member.Source), member.Source.Id, agent));
        known ??= await AskAsync(Trusted(agent), pair, cancel);
        return group.Pairs.Contains(known.Id) ? known : null;
    }

    /// <summary>The members that stay, as their agents describe them; those that an agent has no more are left out.</summary>
    public async Task<List<MemberPair>> StayingAsync(GroupMembership group, PairDefinition own, bool isSiteTwo, IReadOnlyList<MemberPair> leaving, CancellationToken cancel)
    {
        List<MemberPair> members = [];
        foreach (var member in Remembered(group, own, isSiteTwo).Where(member => leaving.All(pair => pair.Id != member.Id)))
        {
            if (member.Source.Id == identity.AgentId)
            {
                if (registry.TryFind(member.Id.ToString()) is { } pair)
                {
                    members.Add(Of(pair));
                }

                continue;
            }

            try
            {
                RequireTrust(member.Source);
                members.Add(await AskAsync((member.Source.Id, NameOf(member.Source)), member.Id.ToString(), cancel));
            }
            catch (ControlException gone) when (gone.ErrorId == ErrorIds.PairNotFound)
            {
                // It was removed there.
            }
        }

        return members;
    }

    /// <summary>All members by what the group itself says of them.</summary>
    public IReadOnlyList<MemberPair> Remembered(GroupMembership group, PairDefinition own, bool isSiteTwo) =>
    [
        .. group.Pairs.Select((id, index) =>
        {
            var here = registry.TryFind(id.ToString());
            var (site1, site2) = (group.AgentOf(id, false, own)!, group.AgentOf(id, true, own)!);
            var source = isSiteTwo ? site2 : site1;
            return new MemberPair(id, here?.Definition.Name ?? group.Places?.Pairs[index].Name ?? id.ToString(), own.Service, Labelled(site1), Labelled(site2), isSiteTwo)
            {
                Here = source.Id == identity.AgentId ? here : null,
                GroupId = group.Id,
                GroupName = group.Name,
            };
        }),
    ];

    /// <summary>An agent's name as this one knows it.</summary>
    public string NameOf(GroupAgent agent) => agent.Id == identity.AgentId ? identity.Name : links.NameOf(agent.Id) ?? agent.Name;

    /// <summary>Refuses where an agent is not trusted.</summary>
    public void RequireTrust(GroupAgent agent)
    {
        if (agent.Id != identity.AgentId && links.NameOf(agent.Id) is null)
        {
            throw MissingTrust(identity.Name, agent.Name);
        }
    }

    /// <summary>The error of two agents that have to trust each other and do not.</summary>
    public static ControlException MissingTrust(string one, string other) => new(
        ErrorIds.AgentNotTrusted, $"The agents '{one}' and '{other}' do not trust each other, and the group needs it.", other)
    {
        Remedy = $"Run New-MirrorTrust between '{one}' and '{other}', then run the cmdlet again.",
    };

    private MemberPair Of(MirrorPair pair)
    {
        var definition = pair.Definition;
        if (pair.SourceSide is null && pair.OpenError is null && pair.PeerAgentId is { } peer)
        {
            var name = NameOf(Agent(definition.SourceSite.AgentId == peer ? definition.SourceSite : definition.TargetSite));
            throw new ControlException(ErrorIds.PairNotHere, $"The source of the pair '{definition.Name}' is at the agent '{name}'.", definition.Name)
            {
                Remedy = $"Run the same cmdlet with -Agent for '{name}', or name the pair '{name}/{definition.Name}' in a group that a pair of this agent leads.",
            };
        }

        return new MemberPair(
            definition.Id, definition.Name, definition.Service, Agent(definition.SourceSite), Agent(definition.TargetSite), pair.RequireSource().IsSiteTwo)
        {
            Here = pair,
            GroupId = definition.Group?.Id,
            GroupName = definition.Group?.Name,
        };
    }

    private async Task<MemberPair> AskAsync((Guid AgentId, string Name) agent, string pair, CancellationToken cancel)
    {
        var answer = await links.AskAsync<DescribeRequest, DescribeAnswer>(agent.AgentId, GroupMethods.Describe, new DescribeRequest(pair), cancel);
        return new MemberPair(answer.PairId, answer.Name, answer.Service, Labelled(answer.Site1), Labelled(answer.Site2), answer.IsSiteTwo)
        {
            GroupId = answer.GroupId,
            GroupName = answer.GroupName,
        };
    }

    private (Guid AgentId, string Name) Trusted(string agent)
    {
        try
        {
            return links.Find(agent);
        }
        catch (ControlException unknown)
        {
            throw new ControlException(unknown.ErrorId, unknown.Message, agent, unknown)
            {
                Remedy = $"See the trusted agents with Get-MirrorTrust, or run New-MirrorTrust between '{identity.Name}' and '{agent}'.",
            };
        }
    }

    private static (string? Agent, string Pair) Split(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (null, name) : (name[..slash], name[(slash + 1)..]);
    }

    private static bool IsNamed(string name, Guid id, string asked) =>
        name.Equals(asked, StringComparison.OrdinalIgnoreCase) || (Guid.TryParse(asked, out var given) && given == id);

    private static GroupAgent Agent(SiteDefinition site) => new(site.AgentId, site.AgentName);

    private bool IsSelf(string agent) => IsNamed(identity.Name, identity.AgentId, agent);

    private GroupAgent Labelled(GroupAgent agent) => agent with { Name = NameOf(agent) };
}

using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Groups;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <content>The consistency groups of the pairs.</content>
internal sealed partial class PairRegistry
{
    /// <summary>The groups of the open sources.</summary>
    public GroupCompany Company { get; } = new(links, environment);

    // Made when the first pair is opened: it looks pairs up here.
    private GroupLeads Leads
    {
        get
        {
            lock (_gate)
            {
                return field ??= new GroupLeads(id => TryFind(id.ToString()), links, environment);
            }
        }
    }

    /// <summary>The pair that leads the group of another one; the pair itself where it stands alone, or its lead is not here.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.GroupNotHere"/>: another agent coordinates the group.</exception>
    public MirrorPair LeadOf(MirrorPair pair)
    {
        if (pair.Definition.Group is not { } group)
        {
            return pair;
        }

        RequireCoordinator(group, pair.Definition, pair.SourceSide is { IsSiteTwo: true });
        return TryFind(group.Pairs[0].ToString()) ?? pair;
    }

    /// <summary>Refuses where a group over several agents is coordinated by another one, which has the source of its first pair.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.GroupNotHere"/>.</exception>
    public void RequireCoordinator(GroupMembership group, PairDefinition own, bool isSiteTwo)
    {
        if (group is { Places: not null } && group.AgentOf(group.Pairs[0], isSiteTwo, own) is { } coordinator && coordinator.Id != environment.AgentId)
        {
            var name = links.NameOf(coordinator.Id) ?? coordinator.Name;
            throw new ControlException(ErrorIds.GroupNotHere, $"This has to be asked of the agent with the source of the first pair of the group '{group.Name}', which is '{name}'.", group.Name)
            {
                Remedy = $"Run the same cmdlet with -Agent for '{name}'.",
            };
        }
    }

    /// <summary>The pairs of the group that a pair is in, the lead first, as far as they are here; the pair alone where it is in none.</summary>
    public IReadOnlyList<MirrorPair> MembersOf(MirrorPair pair) =>
        pair.Definition.Group is { } group ? [.. group.Pairs.Select(id => TryFind(id.ToString())).OfType<MirrorPair>()] : [pair];

    /// <summary>What a group's lead at this agent has chosen, for another agent that asks.</summary>
    public Task<DecisionAnswer> DecideAsync(Guid peer, DecisionRequest request) => Leads.AnswerAsync(peer, request);
}

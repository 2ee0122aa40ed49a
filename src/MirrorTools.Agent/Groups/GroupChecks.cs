using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Groups;

/// <summary>Whether pairs can be a group, asked before anything is changed.</summary>
internal sealed class GroupChecks(MemberPairs pairs, IPeerLinks links, AgentIdentity identity)
{
    /// <summary>Refuses what can't be a group.</summary>
    /// <param name="members">Its pairs, the lead first.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task CheckAsync(IReadOnlyList<MemberPair> members, CancellationToken cancel)
    {
        var lead = members[0];
        if (lead.Here is null)
        {
            throw new ControlException(
                ErrorIds.GroupNotHere,
                $"The pair '{lead.Label}' would lead the group, and its source is at the agent '{lead.Source.Name}': a group is made and changed at the agent with the source of its first pair.",
                lead.Label)
            {
                Remedy = $"Run the cmdlet with -Agent for '{lead.Source.Name}', or name a pair of '{identity.Name}' first.",
            };
        }

        if (members.FirstOrDefault(member => member.Service != lead.Service) is { } other)
        {
            throw new ControlException(
                ErrorIds.InvalidArgument,
                $"The pair '{other.Label}' is of {other.Service}, and '{lead.Label}' of {lead.Service}: a group has pairs of one copy service.", other.Label);
        }

        if (members.FirstOrDefault(member => member.IsSiteTwo != lead.IsSiteTwo) is { } turned)
        {
            throw new ControlException(
                ErrorIds.InvalidArgument,
                $"The pair '{turned.Label}' has its source at site {(turned.IsSiteTwo ? 2 : 1)}, and '{lead.Label}' at site {(lead.IsSiteTwo ? 2 : 1)}: the pairs of a group change their roles together.",
                turned.Label);
        }

        foreach (var member in members)
        {
            pairs.RequireTrust(member.Source);
        }

        await CheckTargetsAsync(lead, members, cancel);
    }

    // A copy that has prepared a point asks the lead's copy what became of it.
    private async Task CheckTargetsAsync(MemberPair lead, IReadOnlyList<MemberPair> members, CancellationToken cancel)
    {
        List<GroupAgent> others = [.. members.Select(member => member.Target).Where(agent => agent.Id != lead.Target.Id).DistinctBy(agent => agent.Id)];
        if (others.Count == 0)
        {
            return;
        }

        var missing = lead.Target.Id == identity.AgentId
            ? [.. others.Select(agent => agent.Id).Where(id => links.NameOf(id) is null)]
            : (await links.AskAsync<TrustsRequest, TrustsAnswer>(
                lead.Target.Id, GroupMethods.Trusts, new TrustsRequest([.. others.Select(agent => agent.Id)]), cancel)).Missing;
        if (others.Find(agent => missing.Contains(agent.Id)) is { } stranger)
        {
            throw MemberPairs.MissingTrust(lead.Target.Name, stranger.Name);
        }
    }
}

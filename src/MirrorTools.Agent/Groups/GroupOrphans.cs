using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Groups;

/// <summary>Tells where a group is left over at this agent: the agent that coordinates it does not know it any more, or is not trusted any more.</summary>
internal sealed class GroupOrphans(GroupDescriber describer, IPeerLinks links, AgentIdentity identity)
{
    /// <summary>True where nobody but this agent can dissolve what is left of the group here.</summary>
    /// <exception cref="ControlException">The agent that coordinates it does not answer.</exception>
    public async Task<bool> AreLeftOverAsync(GroupMembership group, CancellationToken cancel)
    {
        var members = describer.MembersOf(group);
        var lead = group.AgentOf(group.Pairs[0], GroupDescriber.IsSiteTwo(members), members[0].Definition)!;
        if (group.Places is null || lead.Id == identity.AgentId || members.TrueForAll(static pair => pair.SourceSide is null))
        {
            return false;
        }

        if (links.NameOf(lead.Id) is null)
        {
            return true;
        }

        try
        {
            var answer = await links.AskAsync<DescribeRequest, DescribeAnswer>(lead.Id, GroupMethods.Describe, new DescribeRequest(group.Pairs[0].ToString()), cancel);
            return answer.GroupId != group.Id;
        }
        catch (ControlException gone) when (gone.ErrorId == ErrorIds.PairNotFound)
        {
            return true;
        }
        catch (ControlException away) when (away.ErrorId == ErrorIds.PeerUnreachable)
        {
            throw new ControlException(
                ErrorIds.GroupNotHere,
                $"The group '{group.Name}' is changed at the agent '{links.NameOf(lead.Id)}', which does not answer now: {away.Message}", group.Name, away)
            {
                Remedy = $"Run the same cmdlet with -Agent for '{links.NameOf(lead.Id)}'. Where that agent is lost for good, run Remove-MirrorTrust for it here first.",
            };
        }
    }
}

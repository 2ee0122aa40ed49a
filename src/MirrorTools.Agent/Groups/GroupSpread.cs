using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Groups;

/// <summary>
/// Changes a group at every agent that has sources of it. Pairs that leave do so first, then this agent's pairs are changed, and then those of the other agents: where one of them goes away in between, this
/// agent knows the group as it is meant to be, and the same change again brings it about.
/// </summary>
internal sealed class GroupSpread(GroupChange change, MemberPairs pairs, IPeerLinks links, AgentIdentity identity)
{
    /// <summary>Makes the change.</summary>
    /// <param name="groupId">The group.</param>
    /// <param name="membership">What the members say from now on; null where the group is dissolved.</param>
    /// <param name="members">The pairs that are in it from now on, in its order.</param>
    /// <param name="leaving">Those that are not any more.</param>
    /// <param name="cancel">Ends the waits before anything is changed.</param>
    public async Task ApplyAsync(Guid groupId, GroupMembership? membership, IReadOnlyList<MemberPair> members, IReadOnlyList<MemberPair> leaving, CancellationToken cancel)
    {
        var isSiteTwo = (members.Count > 0 ? members : leaving)[0].IsSiteTwo;
        List<MirrorPair> here = [.. members.Select(member => member.Here).OfType<MirrorPair>()];
        List<MirrorPair> leavingHere = [.. leaving.Select(member => member.Here).OfType<MirrorPair>()];
        List<GroupAgent> branches = [.. Elsewhere(members)];
        Func<Task> beforehand = async () =>
        {
            foreach (var branch in branches)
            {
                await AskAsync(branch, new ChangeRequest(groupId, isSiteTwo, membership, Of(leaving, branch), CheckOnly: true), cancel);
            }

            foreach (var branch in Elsewhere(leaving).Where(branch => links.NameOf(branch.Id) is not null))
            {
                await AskAsync(branch, new ChangeRequest(groupId, isSiteTwo, null, Of(leaving, branch)), cancel);
            }
        };
        if (leavingHere.Count == 0 && here.TrueForAll(pair => membership!.HasSameCompany(pair.Definition.Group)))
        {
            await beforehand();
            await change.RenameAsync(here, membership!, cancel);
        }
        else
        {
            await change.ApplyAsync(here, leavingHere, membership, beforehand, cancel);
        }

        await CarryOnAsync(groupId, isSiteTwo, membership, branches);
    }

    // Each branch is told, whether or not one before it was.
    private async Task CarryOnAsync(Guid groupId, bool isSiteTwo, GroupMembership? membership, IReadOnlyList<GroupAgent> branches)
    {
        ControlException? failure = null;
        foreach (var branch in branches)
        {
            try
            {
                await AskAsync(branch, new ChangeRequest(groupId, isSiteTwo, membership, []), CancellationToken.None);
            }
            catch (ControlException error)
            {
                failure ??= new ControlException(
                    error.ErrorId, $"The group '{membership!.Name}' was changed at '{identity.Name}', but not at '{branch.Name}', and no point is taken until it is: {error.Message}", branch.Name, error)
                {
                    Remedy = $"{error.Remedy ?? ErrorTable.Find(error.ErrorId).Remedy} Then run Set-MirrorGroup -Name '{membership.Name}' at '{identity.Name}' without any other parameter: it tells all agents again.",
                };
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private async Task AskAsync(GroupAgent branch, ChangeRequest request, CancellationToken cancel)
    {
        pairs.RequireTrust(branch);
        await links.AskAsync<ChangeRequest, ChangeAnswer>(branch.Id, GroupMethods.Change, request, cancel);
    }

    private IEnumerable<GroupAgent> Elsewhere(IEnumerable<MemberPair> members) =>
        members.Select(member => member.Source).Where(agent => agent.Id != identity.AgentId).DistinctBy(agent => agent.Id);

    private static List<Guid> Of(IEnumerable<MemberPair> members, GroupAgent agent) => [.. members.Where(member => member.Source.Id == agent.Id).Select(member => member.Id)];
}

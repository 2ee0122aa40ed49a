using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Groups;

/// <summary>Answers what other agents ask about the groups that go over several agents.</summary>
internal sealed class GroupRequests(PairRegistry registry, GroupChange change, IPeerLinks links, AgentIdentity identity, EventLog events)
{
    /// <summary>The handlers by method name.</summary>
    public IEnumerable<KeyValuePair<string, LinkRequestHandler>> Handlers =>
    [
        new(GroupMethods.Decision, PeerAnswers.With<DecisionRequest>(async (peer, request, _) => await registry.DecideAsync(peer, request))),
        new(GroupMethods.Describe, PeerAnswers.With<DescribeRequest>((_, request, _) => Task.FromResult<object>(Describe(registry.Find(request.Pair))))),
        new(GroupMethods.Change, PeerAnswers.With<ChangeRequest>(ChangeAsync)),
        new(GroupMethods.Trusts, PeerAnswers.With<TrustsRequest>((_, request, _) => Task.FromResult<object>(
            new TrustsAnswer([.. request.Agents.Where(agent => agent != identity.AgentId && links.NameOf(agent) is null)])))),
    ];

    private static DescribeAnswer Describe(MirrorPair pair)
    {
        var definition = pair.Definition;
        return new DescribeAnswer(
            definition.Id,
            definition.Name,
            definition.Service,
            new GroupAgent(definition.SourceSite.AgentId, definition.SourceSite.AgentName),
            new GroupAgent(definition.TargetSite.AgentId, definition.TargetSite.AgentName),
            pair.RequireSource().IsSiteTwo,
            definition.Group?.Id,
            definition.Group?.Name);
    }

    private async Task<object> ChangeAsync(Guid peer, ChangeRequest request, CancellationToken cancel)
    {
        var members = request.Membership is { } wanted ? Members(peer, request, wanted) : [];
        var leaving = Leaving(peer, request);
        var left = leaving.FirstOrDefault()?.Definition.Group?.Name ?? "";
        if (request.CheckOnly)
        {
            await change.CheckAsync([.. members.Where(pair => !request.Membership!.HasSameCompany(pair.Definition.Group))], leaving, request.Membership, cancel);
        }
        else if (leaving.Count > 0 || !members.All(pair => request.Membership!.IsSameAs(pair.Definition.Group)))
        {
            await ApplyAsync(members, leaving, request.Membership, cancel);
            Tell(peer, members, leaving, request.Membership?.Name ?? left);
        }

        return new ChangeAnswer(request.GroupId);
    }

    private Task ApplyAsync(IReadOnlyList<MirrorPair> members, IReadOnlyList<MirrorPair> leaving, GroupMembership? membership, CancellationToken cancel) =>
        leaving.Count == 0 && members.All(pair => membership!.HasSameCompany(pair.Definition.Group))
            ? change.RenameAsync(members, membership!, cancel)
            : change.ApplyAsync(members, leaving, membership, static () => Task.CompletedTask, cancel);

    // The pairs of this agent that are in the group from now on.
    private List<MirrorPair> Members(Guid peer, ChangeRequest request, GroupMembership wanted)
    {
        if (!wanted.IsSound || wanted.Id != request.GroupId || wanted.Places is not { } places || places.AgentOf(0, request.IsSiteTwo).Id != peer)
        {
            throw new ControlException(ErrorIds.InvalidArgument, "The other agent described a group that it does not coordinate.", wanted.Name);
        }

        PairNames.Check(wanted.Name, "group");
        if (registry.List().Select(pair => pair.Definition.Group).FirstOrDefault(group =>
            group is not null && group.Id != wanted.Id && group.Name.Equals(wanted.Name, StringComparison.OrdinalIgnoreCase)) is not null)
        {
            throw new ControlException(ErrorIds.GroupExists, $"The agent '{identity.Name}' has another group '{wanted.Name}' already.", wanted.Name);
        }

        List<MirrorPair> members = [];
        for (var index = 0; index < wanted.Pairs.Count; index++)
        {
            if (places.AgentOf(index, request.IsSiteTwo).Id == identity.AgentId)
            {
                var pair = registry.Find(wanted.Pairs[index].ToString());
                RequireMayChange(peer, request, pair, places, index);
                members.Add(pair);
            }
        }

        return members;
    }

    private static void RequireMayChange(Guid peer, ChangeRequest request, MirrorPair pair, GroupPlaces places, int index)
    {
        var definition = pair.Definition;
        if (places.AgentOf(index, false).Id != definition.SourceSite.AgentId || places.AgentOf(index, true).Id != definition.TargetSite.AgentId
            || pair.RequireSource().IsSiteTwo != request.IsSiteTwo)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"The pair '{definition.Name}' has other agents, or other roles, than the group says.", definition.Name);
        }

        if (definition.Group is { } group && (group.Id != request.GroupId || !IsCoordinatedBy(peer, request, pair)))
        {
            throw new ControlException(ErrorIds.PairInGroup, $"The pair '{definition.Name}' is in the group '{group.Name}'.", definition.Name);
        }
    }

    // Pairs that the group does not name any more leave it as well: they may have been left over when this agent was away.
    private List<MirrorPair> Leaving(Guid peer, ChangeRequest request) =>
    [
        .. registry.List().Where(pair => pair.Definition.Group?.Id == request.GroupId && IsCoordinatedBy(peer, request, pair)
            && pair.Definition.Group.AgentOf(pair.Definition.Id, request.IsSiteTwo, pair.Definition)?.Id == identity.AgentId
            && (request.Leaving.Contains(pair.Definition.Id) || request.Membership?.Pairs.Contains(pair.Definition.Id) == false)),
    ];

    private static bool IsCoordinatedBy(Guid peer, ChangeRequest request, MirrorPair pair) =>
        pair.Definition.Group is { } group && group.AgentOf(group.Pairs[0], request.IsSiteTwo, pair.Definition)?.Id == peer;

    private void Tell(Guid peer, IReadOnlyList<MirrorPair> members, IReadOnlyList<MirrorPair> leaving, string group)
    {
        var actor = $"the agent '{links.NameOf(peer) ?? peer.ToString()}'";
        if (members.Count > 0)
        {
            events.Write(EventKinds.GroupChanged, null, actor, ("group", group), ("pairs", Names(members)));
        }

        if (leaving.Count > 0)
        {
            events.Write(EventKinds.GroupLeft, null, actor, ("group", group), ("pairs", Names(leaving)));
        }
    }

    private static string Names(IReadOnlyList<MirrorPair> pairs) => string.Join(", ", pairs.Select(pair => pair.Definition.Name));
}

using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;

namespace MirrorTools.Agent.Groups;

/// <summary>
/// What admins do with consistency groups. A group is what the definitions of its pairs say; it has no record of its own that could disagree with them. It is made and changed at the agent with the source
/// of its first pair.
/// </summary>
internal sealed class GroupService(
    PairRegistry registry, MemberPairs finder, GroupChecks checks, GroupSpread spread, GroupChange change, GroupOrphans orphans, GroupDescriber describer, AgentIdentity identity, EventLog events,
    TimeProvider time)
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The groups of this agent's pairs, by name.</summary>
    public async Task<GroupList> ListAsync() => new() { Items = [.. await Task.WhenAll(Groups().Select(describer.DescribeAsync))] };

    /// <summary>One group.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.GroupNotFound"/>.</exception>
    public Task<GroupInfo> GetAsync(string nameOrId) => describer.DescribeAsync(Find(nameOrId));

    /// <summary>Makes a group of pairs that are in none; the first one leads.</summary>
    public async Task<GroupInfo> CreateAsync(NewGroupRequest request, string actor, CancellationToken cancel)
    {
        using var turn = await BeginAsync(cancel);
        CheckName(request.Name);
        var pairs = await FindAsync(request.Pairs, cancel);
        if (pairs.Count == 0)
        {
            throw new ControlException(ErrorIds.InvalidArgument, "A group needs at least one pair.", request.Name);
        }

        pairs.ForEach(CheckAlone);
        await checks.CheckAsync(pairs, cancel);
        var membership = Of(new GroupMembership(Guid.NewGuid(), request.Name, time.GetUtcNow(), []), pairs);
        await spread.ApplyAsync(membership.Id, membership, pairs, [], cancel);
        Tell(EventKinds.GroupCreated, membership, actor, pairs);
        return await describer.DescribeConnectedAsync(membership, cancel);
    }

    /// <summary>Renames a group, adds pairs, takes pairs out; with nothing to change, has every agent say the same of it.</summary>
    public async Task<GroupInfo> SetAsync(string nameOrId, SetGroupRequest request, string actor, CancellationToken cancel)
    {
        using var turn = await BeginAsync(cancel);
        var group = Find(nameOrId);
        var (own, isSiteTwo) = RequireCoordinator(group);
        List<MemberPair> leaving = [];
        foreach (var name in request.Remove ?? [])
        {
            leaving.Add(await finder.FindMemberAsync(name, group, own, isSiteTwo, cancel)
                ?? throw new ControlException(ErrorIds.PairNotFound, $"The pair '{name}' is not in the group '{group.Name}'.", name));
        }

        leaving = [.. leaving.DistinctBy(static pair => pair.Id)];
        var joining = (await FindAsync(request.Add ?? [], cancel)).FindAll(pair => !group.Pairs.Contains(pair.Id));
        joining.ForEach(CheckAlone);
        List<MemberPair> after = [.. await finder.StayingAsync(group, own, isSiteTwo, leaving, cancel), .. joining];
        if (after.Count == 0)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"The group '{group.Name}' would have no pair left; Remove-MirrorGroup dissolves it.", group.Name);
        }

        if (after.Find(pair => pair.GroupId is { } other && other != group.Id) is { } elsewhere)
        {
            throw InGroup(elsewhere);
        }

        await checks.CheckAsync(after, cancel);
        var changed = Of(group with { Name = NewName(group, request.NewName) }, after);
        await spread.ApplyAsync(changed.Id, changed, after, leaving, cancel);
        Tell(EventKinds.GroupChanged, changed, actor, after);
        return await describer.DescribeConnectedAsync(changed, cancel);
    }

    /// <summary>Dissolves a group; its pairs stay, each with the schedule it had.</summary>
    public async Task<GroupInfo> RemoveAsync(string nameOrId, string actor, CancellationToken cancel)
    {
        using var turn = await BeginAsync(cancel);
        var group = Find(nameOrId);
        var info = await describer.DescribeAsync(group);
        if (await orphans.AreLeftOverAsync(group, cancel))
        {
            var left = describer.MembersOf(group).FindAll(static pair => pair.SourceSide is not null);
            await change.ApplyAsync([], left, null, static () => Task.CompletedTask, cancel);
            events.Write(EventKinds.GroupRemoved, null, actor, ("group", group.Name), ("pairs", string.Join(", ", left.Select(pair => pair.Definition.Name))));
            return info;
        }

        var (own, isSiteTwo) = RequireCoordinator(group);
        List<MemberPair> pairs = [.. finder.Remembered(group, own, isSiteTwo).Where(pair => pair.Here is not null || pair.Source.Id != identity.AgentId)];
        await spread.ApplyAsync(group.Id, null, [], pairs, cancel);
        Tell(EventKinds.GroupRemoved, group, actor, pairs);
        return info;
    }

    /// <summary>Puts a new pair into a group, which is made where there is none of that name.</summary>
    public Task<GroupInfo> JoinAsync(string name, MirrorPair pair, string actor, CancellationToken cancel) => TryFind(name) is null
        ? CreateAsync(new NewGroupRequest { Name = name, Pairs = [pair.Definition.Name] }, actor, cancel)
        : SetAsync(name, new SetGroupRequest { Add = [pair.Definition.Name] }, actor, cancel);

    /// <summary>Refuses, before a pair is made for a group, what <see cref="JoinAsync"/> would refuse afterwards.</summary>
    public void CheckMayJoin(string name)
    {
        if (TryFind(name) is { } group)
        {
            RequireCoordinator(group);
            describer.MembersOf(group).ForEach(change.CheckHosts);
        }
    }

    private List<GroupMembership> Groups() =>
        [.. registry.List().Select(pair => pair.Definition.Group).OfType<GroupMembership>().DistinctBy(group => group.Id).OrderBy(group => group.Name, StringComparer.OrdinalIgnoreCase)];

    private GroupMembership Find(string nameOrId) => TryFind(nameOrId)
        ?? throw new ControlException(ErrorIds.GroupNotFound, $"There is no group '{nameOrId}' on this agent.", nameOrId);

    private GroupMembership? TryFind(string nameOrId) =>
        Groups().Find(group => group.Name.Equals(nameOrId, StringComparison.OrdinalIgnoreCase) || (Guid.TryParse(nameOrId, out var id) && group.Id == id));

    private async Task<List<MemberPair>> FindAsync(IEnumerable<string> names, CancellationToken cancel)
    {
        List<MemberPair> found = [];
        foreach (var name in names)
        {
            found.Add(await finder.FindAsync(name, cancel));
        }

        return [.. found.DistinctBy(static pair => pair.Id)];
    }

    private (PairDefinition Own, bool IsSiteTwo) RequireCoordinator(GroupMembership group)
    {
        var members = describer.MembersOf(group);
        var own = members[0].Definition;
        var isSiteTwo = GroupDescriber.IsSiteTwo(members);
        if (group.Places is null && members.TrueForAll(static pair => pair.SourceSide is null && pair.OpenError is null))
        {
            members[0].RequireSource();
        }

        registry.RequireCoordinator(group, own, isSiteTwo);
        return (own, isSiteTwo);
    }

    private static GroupMembership Of(GroupMembership group, List<MemberPair> pairs) => group with
    {
        Pairs = pairs.ConvertAll(static pair => pair.Id),
        Places = GroupPlaces.Of(pairs.ConvertAll(static pair => (pair.Name, pair.Site1, pair.Site2))),
    };

    private void CheckName(string name)
    {
        PairNames.Check(name, "group");
        if (TryFind(name) is not null)
        {
            throw new ControlException(ErrorIds.GroupExists, $"There is a group '{name}' already.", name);
        }
    }

    private string NewName(GroupMembership group, string? asked)
    {
        if (string.IsNullOrEmpty(asked) || asked == group.Name)
        {
            return group.Name;
        }

        if (!asked.Equals(group.Name, StringComparison.OrdinalIgnoreCase))
        {
            CheckName(asked);
        }

        return asked;
    }

    private static void CheckAlone(MemberPair pair)
    {
        if (pair.GroupId is not null)
        {
            throw InGroup(pair);
        }
    }

    private static ControlException InGroup(MemberPair pair) =>
        new(ErrorIds.PairInGroup, $"The pair '{pair.Label}' is in the group '{pair.GroupName}'.", pair.Label);

    private void Tell(EventKind kind, GroupMembership group, string actor, IReadOnlyList<MemberPair> pairs) => events.Write(
        kind, null, actor, ("group", group.Name), ("pairs", string.Join(", ", pairs.Select(pair => pair.Label))));

    private async Task<IDisposable> BeginAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        return new Turn(_turn);
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}

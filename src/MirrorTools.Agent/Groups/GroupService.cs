using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Pairs;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;

namespace MirrorTools.Agent.Groups;

/// <summary>What admins do with consistency groups. A group is what the definitions of its pairs say; it has no record of its own that could disagree with them.</summary>
internal sealed class GroupService(PairRegistry registry, GroupChange change, EventLog events, TimeProvider time)
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>The groups of this agent's pairs, by name.</summary>
    public GroupList List() => new() { Items = [.. Groups().Select(Describe)] };

    /// <summary>One group.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.GroupNotFound"/>.</exception>
    public GroupInfo Get(string nameOrId) => Describe(Find(nameOrId));

    /// <summary>Makes a group of pairs that are in none; the first one leads.</summary>
    public async Task<GroupInfo> CreateAsync(NewGroupRequest request, string actor, CancellationToken cancel)
    {
        using var turn = await BeginAsync(cancel);
        CheckName(request.Name);
        List<MirrorPair> pairs = [.. request.Pairs.Select(registry.Find).Distinct()];
        if (pairs.Count == 0)
        {
            throw new ControlException(ErrorIds.InvalidArgument, "A group needs at least one pair.", request.Name);
        }

        pairs.ForEach(CheckAlone);
        var membership = new GroupMembership(Guid.NewGuid(), request.Name, time.GetUtcNow(), [.. pairs.Select(pair => pair.Definition.Id)]);
        await change.ApplyAsync(pairs, [], membership, cancel);
        Tell(EventKinds.GroupCreated, membership, actor, pairs);
        return Describe(membership);
    }

    /// <summary>Renames a group, adds pairs, takes pairs out.</summary>
    public async Task<GroupInfo> SetAsync(string nameOrId, SetGroupRequest request, string actor, CancellationToken cancel)
    {
        using var turn = await BeginAsync(cancel);
        var group = Find(nameOrId);
        var before = MembersOf(group);
        List<MirrorPair> leaving = [.. (request.Remove ?? []).Select(registry.Find).Distinct()];
        if (leaving.Find(pair => !before.Contains(pair)) is { } stranger)
        {
            throw new ControlException(ErrorIds.PairNotFound, $"The pair '{stranger.Definition.Name}' is not in the group '{group.Name}'.", stranger.Definition.Name);
        }

        List<MirrorPair> joining = [.. (request.Add ?? []).Select(registry.Find).Distinct().Where(pair => !before.Contains(pair))];
        joining.ForEach(CheckAlone);
        List<MirrorPair> after = [.. before.Except(leaving), .. joining];
        if (after.Count == 0)
        {
            throw new ControlException(ErrorIds.InvalidArgument, $"The group '{group.Name}' would have no pair left; Remove-MirrorGroup dissolves it.", group.Name);
        }

        var changed = group with { Name = NewName(group, request.NewName), Pairs = [.. after.Select(pair => pair.Definition.Id)] };
        await (changed.Pairs.SequenceEqual(group.Pairs) ? change.RenameAsync(after, changed, cancel) : change.ApplyAsync(after, leaving, changed, cancel));
        Tell(EventKinds.GroupChanged, changed, actor, after);
        return Describe(changed);
    }

    /// <summary>Dissolves a group; its pairs stay, each with the schedule it had.</summary>
    public async Task<GroupInfo> RemoveAsync(string nameOrId, string actor, CancellationToken cancel)
    {
        using var turn = await BeginAsync(cancel);
        var group = Find(nameOrId);
        var info = Describe(group);
        var pairs = MembersOf(group);
        await change.ApplyAsync([], pairs, null, cancel);
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
            MembersOf(group).ForEach(change.CheckHosts);
        }
    }

    private List<GroupMembership> Groups() =>
        [.. registry.List().Select(pair => pair.Definition.Group).OfType<GroupMembership>().DistinctBy(group => group.Id).OrderBy(group => group.Name, StringComparer.OrdinalIgnoreCase)];

    private GroupMembership Find(string nameOrId) => TryFind(nameOrId)
        ?? throw new ControlException(ErrorIds.GroupNotFound, $"There is no group '{nameOrId}' on this agent.", nameOrId);

    private GroupMembership? TryFind(string nameOrId) =>
        Groups().Find(group => group.Name.Equals(nameOrId, StringComparison.OrdinalIgnoreCase) || (Guid.TryParse(nameOrId, out var id) && group.Id == id));

    // A pair that was removed at this agent while the other one was away is named by the others still.
    private List<MirrorPair> MembersOf(GroupMembership group) => [.. group.Pairs.Select(id => registry.TryFind(id.ToString())).OfType<MirrorPair>()];

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

    private static void CheckAlone(MirrorPair pair)
    {
        if (pair.Definition.Group is { } other)
        {
            throw new ControlException(ErrorIds.PairInGroup, $"The pair '{pair.Definition.Name}' is in the group '{other.Name}'.", pair.Definition.Name);
        }
    }

    private GroupInfo Describe(GroupMembership group)
    {
        var members = MembersOf(group);
        var closed = members.FindAll(static pair => pair.Sides.Count == 0).ConvertAll(static pair => pair.Definition.Name);
        var missing = group.Pairs.Count - members.Count;
        var site = members.Count == 0 ? null : members[0].Definition;
        return new GroupInfo
        {
            Id = group.Id.ToString(),
            Name = group.Name,
            Pairs = members.ConvertAll(static pair => pair.Definition.Name),
            SourceAgent = site?.SourceSite.AgentName ?? "",
            TargetAgent = site?.TargetSite.AgentName ?? "",
            CreatedAt = WireTime.Write(group.CreatedAt),
            Schedule = members.Count == 0 ? null : members[0].Ticks?.Describe(members[0].Definition.Name, members[0].Definition.Id),
            State = (closed.Count + missing == 0 ? GroupState.Complete : GroupState.Incomplete).ToString(),
            StateReason = closed.Count > 0 ? $"Not open: {string.Join(", ", closed)}. No point is taken until all pairs are; Get-MirrorPair says why."
                : missing > 0 ? $"{missing} of its pairs are not on this agent any more. Set-MirrorGroup -Name '{group.Name}' without any other parameter takes them out of the group."
                : null,
        };
    }

    private void Tell(EventKind kind, GroupMembership group, string actor, IReadOnlyList<MirrorPair> pairs) => events.Write(
        kind, null, actor, ("group", group.Name), ("pairs", string.Join(", ", pairs.Select(pair => pair.Definition.Name))));

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

using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Groups;

namespace MirrorTools.Agent.Groups;

/// <summary>Shows a group as this agent sees it.</summary>
internal sealed class GroupDescriber(PairRegistry registry, MemberPairs pairs, AgentIdentity identity, TimeProvider time)
{
    private static readonly TimeSpan LongestConnecting = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectingPause = TimeSpan.FromMilliseconds(20);

    /// <summary>The site of the group's sources: site 2 after a recovery here.</summary>
    public static bool IsSiteTwo(IEnumerable<MirrorPair> members) => members.Any(static pair => pair.SourceSide is { IsSiteTwo: true });

    /// <summary>The group now.</summary>
    public async Task<GroupInfo> DescribeAsync(GroupMembership group)
    {
        var members = MembersOf(group);
        if (members.Count == 0)
        {
            return new GroupInfo { Id = group.Id.ToString(), Name = group.Name };
        }

        var own = members[0].Definition;
        var isSiteTwo = IsSiteTwo(members);
        var all = pairs.Remembered(group, own, isSiteTwo);
        var closed = members.FindAll(static pair => pair.Sides.Count == 0).ConvertAll(static pair => pair.Definition.Name);
        var gone = all.Where(member => members.TrueForAll(pair => pair.Definition.Id != member.Id) && (member.Site1.Id == identity.AgentId || member.Site2.Id == identity.AgentId)).ToList();
        IReadOnlyList<string> waiting = registry.Company.Find(group.Id, isSiteTwo) is { } open ? await open.WhyNotReadyAsync(id => NameOf(all, id)) : [];
        var shown = all.Except(gone).ToList();
        var hasSources = shown.Exists(static member => member.Here is not null);
        var lead = all[0].Here?.SourceSide?.Source is { } source ? await source.GetStatusAsync() : null;
        return new GroupInfo
        {
            Id = group.Id.ToString(),
            Name = group.Name,
            Pairs = shown.ConvertAll(member => Label(member, hasSources, members)),
            Members = shown.ConvertAll(member => new GroupMemberInfo
            {
                Pair = Label(member, hasSources, members),
                PairId = member.Id.ToString(),
                SourceAgent = member.Site1.Name,
                TargetAgent = member.Site2.Name,
            }),
            SourceAgent = own.SourceSite.AgentName,
            TargetAgent = own.TargetSite.AgentName,
            SourceAgents = [.. all.Select(member => member.Site1.Name).Distinct()],
            TargetAgents = [.. all.Select(member => member.Site2.Name).Distinct()],
            CreatedAt = WireTime.Write(group.CreatedAt),
            Schedule = members[0].Ticks?.Describe(own.Name, own.Id),
            RunTimerMs = group.Places is null || lead is null ? null
                : (long)all.Select(member => member.Here?.Definition.RunTimer).OfType<TimeSpan>().Max().TotalMilliseconds,
            IncrementState = lead?.IncrementState?.ToString(),
            GivenUpPoints = lead is { GivenUpPoints: > 0 and var count } ? count : null,
            NextTryAt = WireTime.Write(lead?.NextTryAt),
            State = (closed.Count + gone.Count + waiting.Count == 0 ? GroupState.Complete : GroupState.Incomplete).ToString(),
            StateReason = closed.Count > 0 ? $"Not open: {string.Join(", ", closed)}. No point is taken until all pairs are; Get-MirrorPair says why."
                : gone.Count > 0 ? $"{gone.Count} of its pairs are not on this agent any more. Set-MirrorGroup -Name '{group.Name}' without any other parameter takes them out of the group."
                : waiting.Count > 0 ? $"{string.Join(" ", waiting)} No point is taken meanwhile."
                : lead is null ? null : PairTimers.WhyWaiting(lead),
        };
    }

    /// <summary>The group as soon as its agents are connected, or after a few seconds: an admin is not shown that they are not yet.</summary>
    public async Task<GroupInfo> DescribeConnectedAsync(GroupMembership group, CancellationToken cancel)
    {
        for (var began = time.GetTimestamp(); ; await Task.Delay(ConnectingPause, time, cancel))
        {
            var info = await DescribeAsync(group);
            if (info.State == nameof(GroupState.Complete) || group.Places is null || time.GetElapsedTime(began) > LongestConnecting)
            {
                return info;
            }
        }
    }

    /// <summary>The pairs of a group that this agent has a side of. One that was removed here while the other agent was away is named by the others still.</summary>
    public List<MirrorPair> MembersOf(GroupMembership group) => [.. group.Pairs.Select(id => registry.TryFind(id.ToString())).OfType<MirrorPair>()];

    private string NameOf(IReadOnlyList<MemberPair> members, Guid agentId) =>
        pairs.NameOf(members.SelectMany(static member => new[] { member.Site1, member.Site2 }).First(agent => agent.Id == agentId));

    // A name alone is what cmdlets take here: of pairs with their sources at this agent, and at an agent that has none, of those with their copies.
    private static string Label(MemberPair member, bool hasSources, List<MirrorPair> here) =>
        !hasSources && here.Exists(pair => pair.Definition.Id == member.Id) ? member.Name : member.Label;
}

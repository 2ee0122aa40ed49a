using System.Collections.Concurrent;
using MirrorTools.Agent.Pairs;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Agent.Groups;

/// <summary>
/// What the open sources of a group share at one site. Where the sources are at several agents, the one with the lead's coordinates, and keeps a channel to each of the others. Closed when
/// the last source is.
/// </summary>
internal sealed class OpenGroup : IAsyncDisposable
{
    private readonly IPeerLinks _links;
    private readonly List<PairConnector> _connectors = [];
    private readonly ConcurrentDictionary<Guid, bool> _refusing = [];

    /// <summary>Creates it, and begins to connect the branches.</summary>
    /// <param name="membership">The members it is made for.</param>
    /// <param name="isSiteTwo">The site of its sources.</param>
    /// <param name="plan">Which agents they are at; null where all are here.</param>
    /// <param name="links">The other agents.</param>
    /// <param name="environment">This agent.</param>
    public OpenGroup(GroupMembership membership, bool isSiteTwo, GroupPlan? plan, IPeerLinks links, PairEnvironment environment)
    {
        (Membership, ChannelId, _links) = (membership, ChannelOf(membership.Id, isSiteTwo), links);
        Scheduler = new SerialContext(error => PairSide.LogUnhandled(environment.Logger, $"group {membership.Name}", error));
        Engine = plan is null ? new PointGroup(membership.Pairs, environment.Time) : new PointGroup(plan, Scheduler, environment.Time);
        foreach (var branch in plan?.Branches ?? [])
        {
            _connectors.Add(PairConnector.ToBranch(
                Engine, branch, ChannelId, links, environment, refused: () => _refusing[branch] = true, accepted: () => _refusing.TryRemove(branch, out _)));
        }
    }

    /// <summary>The members it was made for.</summary>
    public GroupMembership Membership { get; }

    /// <summary>The id of the channels between its agents.</summary>
    public Guid ChannelId { get; }

    /// <summary>Takes their points.</summary>
    public PointGroup Engine { get; }

    /// <summary>The serial scheduler of all of them.</summary>
    public SynchronizationContext Scheduler { get; }

    /// <summary>How many sides hold it; guarded by the company's lock.</summary>
    public int Seats { get; set; }

    /// <summary>
    /// The id of a group's channels at one site: the group's own at site 1, and at site 2 the same with every bit inverted, since both sites of a group may have sources for a while.
    /// </summary>
    public static Guid ChannelOf(Guid groupId, bool isSiteTwo) => isSiteTwo ? new Guid([.. groupId.ToByteArray().Select(static part => (byte)~part)]) : groupId;

    /// <summary>Takes a channel that another agent opened: only the coordinator may.</summary>
    public bool TryAccept(Guid peer, IPeerChannel channel)
    {
        if (Engine.Plan is not { Coordinates: false } plan || plan.Coordinator != peer)
        {
            return false;
        }

        Engine.Attach(peer, channel);
        return true;
    }

    /// <summary>Why points can't be taken with other agents now, in a sentence for each of them; empty where all are ready.</summary>
    public async Task<IReadOnlyList<string>> WhyNotReadyAsync(Func<Guid, string> nameOf) => Engine.Plan is null
        ? []
        : [.. (await Engine.GetAgentsAsync()).Where(static agent => !agent.TakesPart).Select(agent => WhyNotReady(agent, nameOf(agent.AgentId), Engine.Plan))];

    /// <summary>True while an agent that the link reaches does not take part in points yet.</summary>
    public async Task<bool> IsConnectingAsync() =>
        Engine.Plan is not null && (await Engine.GetAgentsAsync()).Any(agent => !agent.TakesPart && _links.IsConnected(agent.AgentId));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_connectors.Select(connector => connector.DisposeAsync().AsTask()));
        await Engine.DisposeAsync();
    }

    private string WhyNotReady(GroupAgentStatus status, string name, GroupPlan plan) => status switch
    {
        { IsConnected: true } => $"The agent '{name}' is not ready: {status.Reason ?? "it does not say why."}",
        _ when _links.NameOf(status.AgentId) is null => $"The agent '{name}' is not trusted any more.",
        _ when !_links.IsConnected(status.AgentId) => _links.WhyNotConnected(status.AgentId) is { } cause
            ? $"The agent '{name}' is not connected: {cause.Message}"
            : $"The agent '{name}' is not connected.",
        _ when _refusing.ContainsKey(status.AgentId) =>
            $"The agent '{name}' does not take part: none of its pairs is open, or they were not told of the group. Set-MirrorGroup -Name '{Membership.Name}' without any other parameter tells them.",
        _ => $"The agent '{name}' does not take part yet: {status.Reason ?? (plan.Coordinates ? "it is being connected." : "it has not connected its group.")}",
    };
}

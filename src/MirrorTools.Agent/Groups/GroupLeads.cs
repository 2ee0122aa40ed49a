using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Pairs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Groups;

/// <summary>The choice of a group's lead about a point that another member has prepared at the same site, here or at another agent (F-9).</summary>
/// <param name="find">A pair by its id; null where this agent has none.</param>
/// <param name="links">The other agents.</param>
/// <param name="environment">This agent.</param>
internal sealed class GroupLeads(Func<Guid, MirrorPair?> find, IPeerLinks links, PairEnvironment environment)
{
    /// <summary>Asks the lead; <see cref="PointDecision.Undecided"/> where it can't be asked now.</summary>
    /// <param name="asking">The member that has prepared the point.</param>
    /// <param name="prepared">The point.</param>
    /// <param name="isSiteTwo">The site.</param>
    /// <param name="force">The lead gives the point up where it has not chosen yet: the group is being recovered.</param>
    public async Task<PointDecision> AskAsync(PairDefinition asking, PreparedPoint prepared, bool isSiteTwo, bool force)
    {
        if (find(prepared.Lead) is { } lead && lead.LocalSites.Contains(isSiteTwo ? lead.Definition.TargetSite : lead.Definition.SourceSite))
        {
            return await DecideAsync(prepared, isSiteTwo, force);
        }

        if (asking.Group is not { } group || group.AgentOf(prepared.Lead, isSiteTwo, asking) is not { } agent || agent.Id == environment.AgentId)
        {
            return PointDecision.Undecided;
        }

        try
        {
            // Only a recovery waits for a session: an agent that was started just now may have none yet.
            return force || links.IsConnected(agent.Id)
                ? Read(prepared, await links.RequestAsync(agent.Id, GroupMethods.Decision, PairJson.Write(Request(group, prepared, isSiteTwo, force)), CancellationToken.None))
                : PointDecision.Undecided;
        }
        catch (Exception error) when (error is ControlException or LinkRequestException or LinkClosedException)
        {
            return PointDecision.Undecided;
        }
    }

    /// <summary>Answers another agent that has prepared a point of a group whose lead is here.</summary>
    /// <exception cref="ControlException">That agent has no part in the group.</exception>
    public async Task<DecisionAnswer> AnswerAsync(Guid peer, DecisionRequest request)
    {
        if (find(request.Lead)?.Definition is not { Group: { } group } definition || group.Id != request.GroupId || !group.AgentsOf(request.IsSiteTwo, definition).Any(agent => agent.Id == peer))
        {
            throw new ControlException(ErrorIds.PairNotFound, $"The other agent has no part in the group of the pair {request.Lead}.");
        }

        var decision = await DecideAsync(new PreparedPoint(request.Number, request.TakenAt, request.Lead), request.IsSiteTwo, request.Force);
        return decision.Choice == PointChoice.Committed
            ? new DecisionAnswer(decision.Choice, decision.Committed.Id, decision.Committed.CommittedAt)
            : new DecisionAnswer(decision.Choice);
    }

    private static DecisionRequest Request(GroupMembership group, PreparedPoint prepared, bool isSiteTwo, bool force) =>
        new(group.Id, isSiteTwo, prepared.Number, prepared.TakenAt, prepared.Lead, force);

    private static PointDecision Read(PreparedPoint prepared, ReadOnlyMemory<byte> json) => PairJson.Read<DecisionAnswer>(json) switch
    {
        { Choice: PointChoice.Committed, PointId: { } id, CommittedAt: { } at } =>
            new PointDecision(PointChoice.Committed, new CommittedPoint(prepared.Number, id, prepared.TakenAt, at)),
        { Choice: PointChoice.GivenUp } => PointDecision.GivenUp,
        _ => PointDecision.Undecided,
    };

    private Task<PointDecision> DecideAsync(PreparedPoint prepared, bool isSiteTwo, bool force)
    {
        var lead = find(prepared.Lead)?.Sides.FirstOrDefault(side => side.IsSiteTwo == isSiteTwo);
        return lead?.Target?.DecisionOfAsync(prepared, force)
            ?? lead?.Source?.DecisionOfAsync(prepared)
            ?? Task.FromResult(PointDecision.Undecided);
    }
}

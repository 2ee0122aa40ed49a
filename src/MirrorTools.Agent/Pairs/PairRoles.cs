using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Pairs;

/// <summary>Resumes pairs after a fault, and changes roles after a split or a recovery (F-16, F-23).</summary>
internal sealed class PairRoles(PairRegistry registry, IPeerLinks links, PairEnvironment environment)
{
    /// <summary>The generations that this agent's side knows.</summary>
    public static async Task<GenerationHistory> GenerationsAsync(MirrorPair pair) =>
        pair.SourceSide is { Source: { } source } ? (await source.GetStatusAsync()).Generations : (await pair.RequireTarget().Target!.GetStatusAsync()).Generations;

    /// <summary>Resumes mirroring; with an agent whose changes are given up, the other one's side stays the source.</summary>
    public async Task ResumeAsync(MirrorPair pair, string? discardChangesOn, CancellationToken cancel)
    {
        using var change = await pair.BeginChangeAsync(cancel);
        if (pair.OpenError is not null)
        {
            await registry.OpenAsync(pair, cancel);
            return;
        }

        if (discardChangesOn is { Length: > 0 })
        {
            await DiscardAsync(pair, SiteOf(pair, discardChangesOn), cancel);
            return;
        }

        var reason = (await pair.RequireSource().Source!.GetStatusAsync()).Suspended;
        if (reason is not (SuspendReason.SplitBrain or SuspendReason.OldGeneration))
        {
            await RepairOtherSideAsync(pair, cancel);
            await RepairOwnSideAsync(pair, reason, cancel);
        }

        // The repair may have opened this side anew.
        try
        {
            await pair.RequireSource().Source!.ResumeAsync();
        }
        catch (BlockDeviceException error) when (error.Fault == BlockDeviceFault.FlushFailed)
        {
            // Metadata whose flush failed is read again before it is written again (P-2).
            await ReopenAsync(pair, cancel);
            await pair.RequireSource().Source!.ResumeAsync();
        }
    }

    /// <summary>Opens this agent's target anew where a storage had failed.</summary>
    public async Task RepairAsync(MirrorPair pair, CancellationToken cancel)
    {
        using var change = await pair.BeginChangeAsync(cancel);
        if (pair.OpenError is not null)
        {
            await registry.OpenAsync(pair, cancel);
        }
        else if (pair.TargetSide is { Target: { } target } && (await target.GetStatusAsync()).State == TargetState.Faulted)
        {
            await ReopenAsync(pair, cancel);
        }
    }

    /// <summary>Makes this agent's side the copy of the other one's.</summary>
    public async Task BecomeTargetAsync(MirrorPair pair, GenerationHistory history, CancellationToken cancel)
    {
        using var change = await pair.BeginChangeAsync(cancel);
        await BecomeTargetAsync(pair, pair.RequireSource(), history, cancel);
    }

    private async Task BecomeTargetAsync(MirrorPair pair, PairSide side, GenerationHistory history, CancellationToken cancel)
    {
        try
        {
            await side.BecomeTargetAsync(history);
        }
        finally
        {
            // Where it could not be written down the side is what it was, and its engine is closed all the same.
            await registry.CloseAsync(pair);
            await registry.OpenAsync(pair, cancel);
        }
    }

    private async Task DiscardAsync(MirrorPair pair, SiteDefinition loser, CancellationToken cancel)
    {
        if (pair.PeerAgentId is not { } peer)
        {
            var losing = pair.Sides.FirstOrDefault(side => side.Site == loser && side.Source is not null);
            var winning = pair.Sides.FirstOrDefault(side => side.Site != loser && side.Source is not null);
            if (losing is null || winning is null)
            {
                throw NothingToDiscard(pair);
            }

            var before = await winning.Source!.GetStatusAsync();
            if (before.Generations.Compare((await losing.Source!.GetStatusAsync()).Generations) != GenerationRelation.Newer)
            {
                await winning.Source.PromoteAsync();
            }

            await BecomeTargetAsync(pair, losing, (await winning.Source.GetStatusAsync()).Generations, cancel);
            return;
        }

        if (loser.AgentId == environment.AgentId)
        {
            var answer = await links.RequestAsync(peer, PairMethods.Generations, PairJson.Write(new PairRequest(pair.Definition.Id)), cancel);
            var history = new GenerationHistory(PairJson.Read<GenerationsMessage>(answer).Items);
            var side = pair.SourceSide ?? throw NothingToDiscard(pair);
            await BecomeTargetAsync(pair, side, history, cancel);
            return;
        }

        // This side goes on in a new generation, and the other one becomes its copy.
        var winner = pair.SourceSide ?? throw NothingToDiscard(pair);
        await winner.Source!.PromoteAsync();
        var mine = await GenerationsAsync(pair);
        await links.RequestAsync(peer, PairMethods.BecomeTarget, PairJson.Write(new GenerationsMessage(pair.Definition.Id, mine.Items)), cancel);
        await registry.CloseAsync(pair);
        await registry.OpenAsync(pair, cancel);
    }

    private async Task ReopenAsync(MirrorPair pair, CancellationToken cancel)
    {
        await registry.CloseAsync(pair);
        await registry.OpenAsync(pair, cancel);
    }

    // A first intermediate that failed is out of use and opened anew beneath the pair. After a recovery C and D are what hosts use: the whole side is opened anew.
    private async Task RepairOwnSideAsync(MirrorPair pair, SuspendReason reason, CancellationToken cancel)
    {
        var side = pair.RequireSource();
        if (side.IsRecovered && reason is (SuspendReason.SecondIntermediateFailed or SuspendReason.TargetFailed or SuspendReason.FirstIntermediateFailed))
        {
            await ReopenAsync(pair, cancel);
        }
        else if (reason == SuspendReason.FirstIntermediateFailed)
        {
            await side.ReopenIntermediateAsync();
        }
    }

    private async Task RepairOtherSideAsync(MirrorPair pair, CancellationToken cancel)
    {
        if (pair.PeerAgentId is { } peer)
        {
            if (links.IsConnected(peer))
            {
                await links.RequestAsync(peer, PairMethods.Repair, PairJson.Write(new PairRequest(pair.Definition.Id)), cancel);
            }

            return;
        }

        if (pair.TargetSide is { Target: { } target } && (await target.GetStatusAsync()).State == TargetState.Faulted)
        {
            await registry.CloseAsync(pair);
            await registry.OpenAsync(pair, cancel);
        }
    }

    private static SiteDefinition SiteOf(MirrorPair pair, string agent)
    {
        var sites = new[] { pair.Definition.SourceSite, pair.Definition.TargetSite };
        var found = sites.Where(site => site.AgentName.Equals(agent, StringComparison.OrdinalIgnoreCase) || site.AgentId.ToString() == agent).ToList();
        if (pair.PeerAgentId is null)
        {
            // One agent is both sites: the site's own name tells which.
            return agent.Equals("Source", StringComparison.OrdinalIgnoreCase) ? sites[0]
                : agent.Equals("Target", StringComparison.OrdinalIgnoreCase) ? sites[1]
                : throw new ControlException(ErrorIds.InvalidArgument, "One agent is both sites of the pair; say Source or Target.", agent);
        }

        return found is [var one]
            ? one
            : throw new ControlException(ErrorIds.InvalidArgument, $"'{agent}' is no agent of the pair '{pair.Definition.Name}'.", agent);
    }

    private static ControlException NothingToDiscard(MirrorPair pair) =>
        new(ErrorIds.PairNotSuspended, $"The pair '{pair.Definition.Name}' has no two sides that were written; there is nothing to discard.", pair.Definition.Name);
}

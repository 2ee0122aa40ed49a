using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>Gives up what one side of a pair holds, on an admin's word: after a split or a recovery (F-16, F-23), and where a copy's metadata are lost.</summary>
internal sealed class PairDiscarding(PairRegistry registry, SideRemaker remaker, IPeerLinks links, PairEnvironment environment)
{
    /// <summary>The site that an admin names.</summary>
    /// <exception cref="ControlException">It is none of the pair's.</exception>
    public static SiteDefinition SiteOf(MirrorPair pair, string agent)
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

    /// <summary>Gives up what a site holds: it becomes, or is made anew as, the copy of the other one.</summary>
    public async Task DiscardAsync(MirrorPair pair, SiteDefinition loser, CancellationToken cancel)
    {
        if (pair.PeerAgentId is not { } peer)
        {
            await DiscardWithinAsync(pair, loser, cancel);
        }
        else if (loser.AgentId == environment.AgentId)
        {
            var side = pair.SourceSide ?? throw NothingToDiscard(pair);
            await BecomeTargetAsync(pair, side, await GenerationsOfAsync(pair, peer, cancel), cancel);
        }
        else
        {
            await DiscardPeerAsync(pair, peer, cancel);
        }
    }

    /// <summary>Makes an open side the copy of the other one.</summary>
    public async Task BecomeTargetAsync(MirrorPair pair, PairSide side, GenerationHistory history, CancellationToken cancel)
    {
        try
        {
            await side.BecomeTargetAsync(history);
        }
        finally
        {
            // Where it could not be written down the side is what it was, and its engine is closed all the same.
            await ReopenAsync(pair, cancel);
        }
    }

    private async Task DiscardWithinAsync(MirrorPair pair, SiteDefinition loser, CancellationToken cancel)
    {
        var winning = pair.Sides.FirstOrDefault(side => side.Site != loser && side.Source is not null) ?? throw NothingToDiscard(pair);
        var losing = pair.Sides.FirstOrDefault(side => side.Site == loser);
        if (losing is null)
        {
            if (pair.OtherSideError is { } error && !LostSides.IsLoss(error.ErrorId))
            {
                throw error;
            }

            await winning.Source!.GiveTargetUpAsync();
            await remaker.RemakeAsync(pair, loser, (await winning.Source.GetStatusAsync()).Generations, cancel);
            return;
        }

        var other = losing.Source ?? throw NothingToDiscard(pair);
        var before = await winning.Source!.GetStatusAsync();
        if (before.Generations.Compare((await other.GetStatusAsync()).Generations) != GenerationRelation.Newer)
        {
            await winning.Source.PromoteAsync();
        }

        await BecomeTargetAsync(pair, losing, (await winning.Source.GetStatusAsync()).Generations, cancel);
    }

    // This side goes on in a new generation, and the other one becomes its copy.
    private async Task DiscardPeerAsync(MirrorPair pair, Guid peer, CancellationToken cancel)
    {
        var source = (pair.SourceSide ?? throw NothingToDiscard(pair)).Source!;
        GenerationRelation? relation;
        try
        {
            // What came back meanwhile is not lost.
            await AskAsync(pair, peer, PairMethods.Repair, new PairRequest(pair.Definition.Id), cancel);
            relation = (await source.GetStatusAsync()).Generations.Compare(await GenerationsOfAsync(pair, peer, cancel));
        }
        catch (ControlException error) when (LostSides.IsLoss(error.ErrorId))
        {
            relation = null;
        }

        if (relation == GenerationRelation.Same)
        {
            throw NothingToDiscard(pair);
        }

        try
        {
            if (relation is null || !await TryMakeTargetAsync(pair, source, peer, relation.Value, cancel))
            {
                await source.GiveTargetUpAsync();
                await AskAsync(pair, peer, PairMethods.Remake, await MineAsync(pair, source), cancel);
            }
        }
        finally
        {
            await ReopenAsync(pair, cancel);
        }
    }

    // False where the other side is no source but a copy of an older generation: its metadata came back after they had been given up.
    private async Task<bool> TryMakeTargetAsync(
        MirrorPair pair, Engine.Mirroring.Source.MirrorSource source, Guid peer, GenerationRelation relation, CancellationToken cancel)
    {
        if (relation != GenerationRelation.Newer)
        {
            await source.PromoteAsync();
        }

        try
        {
            await AskAsync(pair, peer, PairMethods.BecomeTarget, await MineAsync(pair, source), cancel);
            return true;
        }
        catch (ControlException error) when (error.ErrorId == ErrorIds.PairNotHere)
        {
            return false;
        }
    }

    private async Task<GenerationHistory> GenerationsOfAsync(MirrorPair pair, Guid peer, CancellationToken cancel) =>
        new(PairJson.Read<GenerationsMessage>(await AskAsync(pair, peer, PairMethods.Generations, new PairRequest(pair.Definition.Id), cancel)).Items);

    private static async Task<GenerationsMessage> MineAsync(MirrorPair pair, Engine.Mirroring.Source.MirrorSource source) =>
        new(pair.Definition.Id, (await source.GetStatusAsync()).Generations.Items);

    private async Task<ReadOnlyMemory<byte>> AskAsync<T>(MirrorPair pair, Guid peer, string method, T request, CancellationToken cancel)
    {
        try
        {
            return await links.RequestAsync(peer, method, PairJson.Write(request), cancel);
        }
        catch (Engine.Link.LinkRequestException refused)
        {
            throw ErrorTranslation.Translate(refused);
        }
    }

    private async Task ReopenAsync(MirrorPair pair, CancellationToken cancel)
    {
        await registry.CloseAsync(pair);
        await registry.OpenAsync(pair, cancel);
    }

    private static ControlException NothingToDiscard(MirrorPair pair) =>
        new(ErrorIds.PairNotSuspended, $"The pair '{pair.Definition.Name}' has no two sides that were written; there is nothing to discard.", pair.Definition.Name);
}

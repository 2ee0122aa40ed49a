using MirrorTools.Agent.Control.Errors;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Pairs;

/// <summary>Resumes pairs after a fault (P-7); what an admin gives up is <see cref="PairDiscarding"/>'s.</summary>
internal sealed class PairRoles(PairRegistry registry, PairDiscarding discarding, IPeerLinks links)
{
    /// <summary>The generations that this agent's side knows.</summary>
    public static async Task<GenerationHistory> GenerationsAsync(MirrorPair pair) =>
        pair.SourceSide is { Source: { } source } ? (await source.GetStatusAsync()).Generations : (await pair.RequireTarget().Target!.GetStatusAsync()).Generations;

    /// <summary>Resumes mirroring; with an agent whose changes are given up, the other one's side stays the source.</summary>
    public async Task ResumeAsync(MirrorPair pair, string? discardChangesOn, CancellationToken cancel)
    {
        using var change = await pair.BeginChangeAsync(cancel);
        var isMended = pair.OpenError is not null;
        if (isMended)
        {
            await registry.OpenAsync(pair, cancel);
            if (pair.SourceSide is null)
            {
                return;
            }
        }

        if (discardChangesOn is { Length: > 0 })
        {
            await discarding.DiscardAsync(pair, PairDiscarding.SiteOf(pair, discardChangesOn), cancel);
            if (pair.SourceSide?.Source is not { } kept || (await kept.GetStatusAsync()).State != SourceState.Suspended)
            {
                return;
            }
        }

        var reason = (await pair.RequireSource().Source!.GetStatusAsync()).Suspended;
        if (reason is not (SuspendReason.SplitBrain or SuspendReason.OldGeneration))
        {
            isMended |= await RepairOtherSideAsync(pair, cancel);
            if (isMended && reason == SuspendReason.None)
            {
                // A side that is open again was all that kept the pair from mirroring.
                return;
            }

            if (await RepairOwnSideAsync(pair, reason, cancel))
            {
                await ResumeReopenedAsync(pair);
                return;
            }
        }

        try
        {
            await pair.RequireSource().Source!.ResumeAsync();
        }
        catch (BlockDeviceException error) when (error.Fault == BlockDeviceFault.FlushFailed)
        {
            // Metadata whose flush failed is read again before it is written again (P-2).
            await ReopenAsync(pair, cancel);
            await ResumeReopenedAsync(pair);
        }
    }

    /// <summary>Opens this agent's side anew where it could not be opened, or a storage of the target had failed; tells whether there was something to open.</summary>
    public async Task<bool> RepairAsync(MirrorPair pair, CancellationToken cancel)
    {
        using var change = await pair.BeginChangeAsync(cancel);
        if (pair.OpenError is not null)
        {
            await registry.OpenAsync(pair, cancel);
            return true;
        }

        return await ReopenFaultedTargetAsync(pair, cancel);
    }

    /// <summary>Makes this agent's side the copy of the other one's.</summary>
    public async Task BecomeTargetAsync(MirrorPair pair, GenerationHistory history, CancellationToken cancel)
    {
        using var change = await pair.BeginChangeAsync(cancel);
        await discarding.BecomeTargetAsync(pair, pair.RequireSource(), history, cancel);
    }

    private async Task ReopenAsync(MirrorPair pair, CancellationToken cancel)
    {
        await registry.CloseAsync(pair);
        await registry.OpenAsync(pair, cancel);
    }

    // Where the suspension could not be written down, a side that was opened anew is not suspended any more.
    private static async Task ResumeReopenedAsync(MirrorPair pair)
    {
        var source = pair.RequireSource().Source!;
        if ((await source.GetStatusAsync()).State == SourceState.Suspended)
        {
            await source.ResumeAsync();
        }
    }

    // True where the side was opened anew. A first intermediate that failed is out of use and opened anew beneath the pair. After a recovery C and D are what hosts use: the whole side is opened anew.
    private async Task<bool> RepairOwnSideAsync(MirrorPair pair, SuspendReason reason, CancellationToken cancel)
    {
        var side = pair.RequireSource();
        if ((await side.Source!.GetStatusAsync()).IsRegionLogLost)
        {
            // Places that failed are used again by a log that is opened anew, and no sooner.
            await ReopenAsync(pair, cancel);
            return true;
        }

        if (side.IsRecovered && reason is (SuspendReason.SecondIntermediateFailed or SuspendReason.TargetFailed or SuspendReason.FirstIntermediateFailed))
        {
            await ReopenAsync(pair, cancel);
            return true;
        }

        if (reason == SuspendReason.FirstIntermediateFailed)
        {
            await side.ReopenIntermediateAsync();
        }

        return false;
    }

    // An agent of an older version does not say whether it had something to open; that its side was closed is known here then.
    private async Task<bool> RepairPeerAsync(MirrorPair pair, Guid peer, CancellationToken cancel)
    {
        try
        {
            var wasClosed = pair.OtherSideError is not null;
            var answer = await links.RequestAsync(peer, PairMethods.Repair, PairJson.Write(new PairRequest(pair.Definition.Id)), cancel);
            pair.OtherSideError = null;
            return wasClosed || PairJson.Read<RepairAnswer>(answer).IsOpenedAnew;
        }
        catch (LinkRequestException refused)
        {
            throw LostSides.SeenFromSource(ErrorTranslation.Translate(refused), pair.Definition, peer);
        }
    }

    private async Task<bool> RepairOtherSideAsync(MirrorPair pair, CancellationToken cancel)
    {
        if (pair.PeerAgentId is { } peer)
        {
            return links.IsConnected(peer) && await RepairPeerAsync(pair, peer, cancel);
        }

        if (pair.OtherSideError is null)
        {
            return await ReopenFaultedTargetAsync(pair, cancel);
        }

        await ReopenAsync(pair, cancel);
        return pair.OtherSideError is { } error ? throw error : true;
    }

    private async Task<bool> ReopenFaultedTargetAsync(MirrorPair pair, CancellationToken cancel)
    {
        if (pair.TargetSide is not { Target: { } target } || (await target.GetStatusAsync()).State != TargetState.Faulted)
        {
            return false;
        }

        await ReopenAsync(pair, cancel);
        return true;
    }
}

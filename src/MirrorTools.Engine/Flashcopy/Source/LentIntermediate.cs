using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>What becomes of the maps while B can't be used: it failed, or it is lent (F-22, F-29). On the pair's scheduler.</summary>
internal sealed class LentIntermediate(SourceCore core, SourceMaps maps)
{
    /// <summary>
    /// Renews the maps and lets writes clear the halves instead of marking a future that no cycle will see. Writes that are in flight still mark the map that retires, so it is merged
    /// after they have left.
    /// </summary>
    public async Task StopUsingFutureAsync()
    {
        GrainMap retiring = maps.Mode.Future;
        maps.Mode = new WriteMode { Future = maps.TakeSpare(), MarksFuture = false };
        try
        {
            await core.Gate.Requests.GraceAsync(core.Options.GateDeadline);
        }
        catch (TimeoutException)
        {
            // A write hangs in the source: its mark may come late. Nothing in flight is known to be equal, so everything it may touch stays marked twice.
            maps.Mode = maps.Mode with { Retiring = retiring };
            return;
        }

        maps.Renew(retiring, beginsCycle: false);
    }

    /// <summary>B holds nothing that counts: durable before the record says that it is in use again, or a crash would bring back maps that trust what it held before.</summary>
    public async Task ForgetIntermediateAsync()
    {
        maps.InB.Reset(false);
        maps.TouchAll();
        await core.Journal.PersistAllAsync();
    }

    /// <summary>A write hung when B was given up: the map it had marked was set aside, and what it marks has to be sent.</summary>
    /// <exception cref="PairException">It hangs still.</exception>
    public async Task MergeRetiringAsync()
    {
        if (maps.Mode.Retiring is not { } retiring)
        {
            return;
        }

        try
        {
            await core.Gate.Requests.GraceAsync(core.Options.GateDeadline);
        }
        catch (TimeoutException exception)
        {
            throw new PairException(PairError.GateTimedOut,
                $"A write stays in flight for more than {core.Options.GateDeadline.TotalSeconds} s. Look at the source storage, then use Resume-MirrorPair again.", exception);
        }

        if (maps.Mode.Retiring == retiring)
        {
            maps.Renew(retiring, beginsCycle: false);
            maps.Mode = maps.Mode with { Retiring = null };
        }
    }
}

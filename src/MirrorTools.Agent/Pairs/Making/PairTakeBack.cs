using System.Collections.Concurrent;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs.Making;

/// <summary>
/// Takes back what was made for pairs that came to nothing, whether the making failed or the agent was killed in the middle of it: first the files here, then, from site 1, the other agent's
/// side. That agent is asked until it answers; meanwhile other pairs go on.
/// </summary>
internal sealed class PairTakeBack(UnfinishedPairs unfinished, PairIndex index, IPeerLinks links, EventLog events, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan LongestAnswering = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Guid, Lazy<Task>> _asking = [];
    private bool _isStopped;

    /// <summary>At the agent's start, before pairs are opened: takes back the files of what the agent before was making. A pair that is in the index is made.</summary>
    public async Task TakeFilesBackAsync()
    {
        var made = index.List().Select(pair => pair.Id).ToHashSet();
        foreach (var pair in unfinished.List())
        {
            if (!made.Contains(pair.PairId))
            {
                await RemoveFilesAsync(pair, isTold: pair.Files.Count > 0);
            }
            else if (pair.IsSource)
            {
                unfinished.TryDrop(pair.PairId);
            }
        }
    }

    /// <summary>Asks the other agents, without waiting for them, to take back what may be left at them.</summary>
    public void Begin()
    {
        foreach (var pair in unfinished.List().Where(IsAsked))
        {
            _ = AskAsync(pair);
        }
    }

    /// <summary>After a failure: takes back what was made of a pair. Waits only moments for the other agent, which is asked on in the background.</summary>
    public async Task TakeBackAsync(Guid pairId)
    {
        if (unfinished.Find(pairId) is { } pair)
        {
            await RemoveFilesAsync(pair, isTold: false);
            await WaitForAnswerAsync(pair);
        }
    }

    /// <summary>Before a new pair is made: waits for moments until nothing is left at the other agent of those that came to nothing, which might be in its way.</summary>
    public Task SettleAsync(Guid peer) => Task.WhenAll(unfinished.List().Where(pair => _asking.ContainsKey(pair.PairId) && pair.PeerAgentId == peer).Select(WaitForAnswerAsync));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // At the agent's stop in its order, and again with the other services.
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        await _stop.CancelAsync();
        await Task.WhenAll(_asking.Values.Select(asking => asking.Value));
        _stop.Dispose();
    }

    // Only site 1 asks: a site 2 that was killed in the middle of its making never answered, so that site 1 has no pair.
    private static bool IsAsked(UnfinishedPair pair) => pair is { IsSource: true, PeerAgentId: not null };

    private async Task RemoveFilesAsync(UnfinishedPair pair, bool isTold)
    {
        List<string> removed = [], left = [];
        foreach (var file in pair.Files.Reverse())
        {
            if (await FileTakeBack.TryRemoveAsync(pair.PairId, file) is { } why)
            {
                left.Add($"'{file.Path}' ({why})");
            }
            else
            {
                removed.Add($"'{file.Path}'");
            }
        }

        unfinished.TryDrop(pair.PairId, onlyFiles: IsAsked(pair));

        if (isTold || left.Count > 0)
        {
            events.Write(
                EventKinds.PairTakenBack, new(pair.PairId, pair.PairName), null,
                ("removed", removed.Count == 0 ? "nothing" : string.Join(", ", removed)),
                ("left", left.Count == 0 ? "" : $"Left for you to look at: {string.Join(", ", left)}."));
        }
    }

    private async Task WaitForAnswerAsync(UnfinishedPair pair)
    {
        if (!IsAsked(pair))
        {
            return;
        }

        var asking = AskAsync(pair);
        if (links.IsConnected(pair.PeerAgentId!.Value))
        {
            await Task.WhenAny(asking, Task.Delay(LongestAnswering, time, _stop.Token));
        }
    }

    private Task AskAsync(UnfinishedPair pair) => _asking.GetOrAdd(pair.PairId, _ => new Lazy<Task>(() => AskUntilAnsweredAsync(pair))).Value;

    private async Task AskUntilAnsweredAsync(UnfinishedPair pair)
    {
        await Task.Yield();
        var pause = ShortestPause;
        try
        {
            while (!await IsAnsweredAsync(pair))
            {
                await Task.Delay(pause, time, _stop.Token);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException)
        {
            // The agent stops; its next start goes on.
        }
        finally
        {
            _asking.TryRemove(pair.PairId, out _);
        }
    }

    private async Task<bool> IsAnsweredAsync(UnfinishedPair pair)
    {
        var name = $"{pair.PeerAgentId}";
        try
        {
            (var peer, name) = links.Find(name);
            await links.RequestAsync(peer, PairMethods.Remove, PairJson.Write(new PairRequest(pair.PairId, IsTakenBack: true)), _stop.Token);
            End(pair, EventKinds.OtherSideTakenBack, ("peer", name));
            return true;
        }
        catch (Exception error) when (!_stop.IsCancellationRequested)
        {
            var known = ErrorTranslation.Translate(error);
            switch (known.ErrorId)
            {
                case ErrorIds.PairNotFound:
                    End(pair, EventKinds.OtherSideTakenBack, ("peer", name));
                    return true;
                case ErrorIds.PeerUnreachable or ErrorIds.PeerVersionNotSupported or ErrorIds.PairBusy or ErrorIds.InternalError:
                    return false;
                default:
                    End(pair, EventKinds.OtherSideNotTakenBack, ("peer", name), ("errorId", known.ErrorId), ("cause", known.Message));
                    return true;
            }
        }
    }

    private void End(UnfinishedPair pair, EventKind kind, params ReadOnlySpan<(string Name, string Value)> arguments)
    {
        if (unfinished.Drop(pair.PairId))
        {
            events.Write(kind, new(pair.PairId, pair.PairName), null, arguments);
        }
    }
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Site 1's side of the link: one conversation at a time, and what its answers mean for the cycle (F-9, F-19, F-20, F-21, F-23).</summary>
internal sealed class SourceConnection(
    SourceCore core, SourceCycle cycle, SourceComparison comparison, SourceVolume volume, Action<SuspendReason, FaultText> fault)
{
    /// <summary>What hosts of an old generation are told.</summary>
    public const string OldGenerationRefusal = "The other site was recovered and holds a newer generation of this pair; hosts are served there. "
        + "Resume-MirrorPair -DiscardChangesOn AGENT turns this side into its copy.";

    private SourceSession? _running;
    private Task _run = Task.CompletedTask;
    private CancellationTokenSource _stop = new();
    private CommittedPoint _remoteCommitted;
    private ulong _remotePrepared;
    private bool _closed;

    /// <summary>True where the other side was heard to hold an older generation.</summary>
    public bool IsPeerOlder { get; private set; }

    /// <summary>Begins a conversation over a new session; one before is over.</summary>
    public void Attach(IPeerChannel channel)
    {
        if (_closed)
        {
            // Left open it would keep the other side waiting for an answer that nobody gives.
            _ = core.Flows.WatchAsync(channel.DisposeAsync().AsTask());
            return;
        }

        CancellationTokenSource before = _stop;
        _stop = new CancellationTokenSource();
        before.Cancel();
        _run = core.Flows.WatchAsync(RunAsync(_run, channel, _stop.Token));
    }

    /// <summary>Ends the conversation, for good.</summary>
    public async Task CloseAsync()
    {
        _closed = true;
        _stop.Cancel();
        if (_running is { } running)
        {
            await running.Channel.DisposeAsync();
        }

        await _run;
    }

    /// <summary>The pair was resumed: what the other side said holds from now on.</summary>
    public void OnResumed()
    {
        if (_running is { } running)
        {
            // A new conversation settles generations, losses and the last decision from the beginning.
            _ = running.Channel.DisposeAsync();
        }
    }

    private async Task RunAsync(Task before, IPeerChannel channel, CancellationToken cancellationToken)
    {
        await before;
        SourceSession session = new(channel, Greeting)
        {
            Greeted = OnGreetedAsync,
            Lost = OnLost,
            Differs = OnDiffers,
            DifferencesEnded = OnDifferencesEndedAsync,
            Ready = () => OnReadyAsync(_running!),
            Answered = OnAnsweredAsync,
        };
        _running = session;
        core.SetChannel(channel);
        string reason = "";
        try
        {
            await session.RunAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or TimeoutException)
        {
            reason = exception is OperationCanceledException ? "This side ended the conversation." : exception.Message;
            FaultIfOwn(exception);
        }
        finally
        {
            _running = null;
            core.SetChannel(null);
            comparison.OnLinkDown();
            if (cycle.Session == session)
            {
                cycle.Session = null;
                core.Copier.Detach();
                core.Waiters.Reconsider();
                core.Events.Report(PairEventId.LinkDown, ("reason", reason));
            }

            await channel.DisposeAsync();
        }
    }

    // A storage of this side, not the link: the next conversation would end at the same place, and nobody would see why (P-7).
    private void FaultIfOwn(Exception exception)
    {
        if (exception is IOException own and not LinkClosedException)
        {
            fault(SourceFault.ReasonOf(own), FaultText.Of(own));
        }
    }

    private PeerGreeting Greeting() =>
        new(core.Maps.Geometry.LengthBytes, core.Maps.Geometry.GrainBytes, core.Journal.Record);

    private async Task<bool> OnGreetedAsync(PeerGreeting peer)
    {
        GenerationRelation relation = core.Journal.Record.Generations.Compare(peer.Record.Generations);
        if (relation is GenerationRelation.Older or GenerationRelation.Diverged)
        {
            await RefuseHostsAsync(peer, relation);
            return false;
        }

        IsPeerOlder = relation == GenerationRelation.Newer;
        if (peer.Record.Role == PairRole.Source || IsPeerOlder)
        {
            // The other side has to become the target first: Resume-MirrorPair -DiscardChangesOn names it.
            return false;
        }

        if (peer.LengthBytes < core.Maps.Geometry.LengthBytes || peer.GrainBytes != core.Maps.Geometry.GrainBytes)
        {
            fault(SuspendReason.GeometryMismatch,
                $"The target holds {peer.LengthBytes} bytes in grains of {peer.GrainBytes}; the source {core.Maps.Geometry.LengthBytes} in grains of {core.Maps.Geometry.GrainBytes}.");
            return false;
        }

        _remoteCommitted = peer.Record.LastCommitted;
        _remotePrepared = peer.Record.Prepared.Number;
        if (_remoteCommitted.Number > core.Journal.Record.LastCommitted.Number)
        {
            cycle.SkipTo(_remoteCommitted.Number + 1);
            if (cycle.Point == _remoteCommitted.Number)
            {
                await cycle.OnCommittedAsync(_remoteCommitted);
            }
            else
            {
                await RecordRemoteAsync(_remoteCommitted);
            }
        }

        if (peer.Record.NeedsComparison)
        {
            await comparison.DemandAsync(cycle);
        }

        return true;
    }

    private async Task RefuseHostsAsync(PeerGreeting peer, GenerationRelation relation)
    {
        SuspendReason reason = relation == GenerationRelation.Older ? SuspendReason.OldGeneration : SuspendReason.SplitBrain;
        if (core.Journal.Record.Suspended != reason)
        {
            // Said once: the peer greets again with every session.
            core.Events.Report(relation == GenerationRelation.Diverged ? PairEventId.SplitBrain : PairEventId.Superseded,
                ("local", core.Journal.Record.Generations.Current.Id), ("remote", peer.Record.Generations.Current.Id), ("generation", peer.Record.Generations.Current.Id));
        }

        if (relation == GenerationRelation.Older)
        {
            // The other side was recovered: a host that goes on here would write what nobody will keep (P-6).
            volume.Refusal = OldGenerationRefusal;
        }

        fault(reason, $"The other side's generation is {peer.Record.Generations.Current.Id:N}.");
    }

    private void OnLost(GrainRange grains)
    {
        if (core.Parts.Faults.IgnoreLostGrains)
        {
            return;
        }

        // Not only those of the running cycle: C has to hold what D was restored from, or a recovered side could not take it for its first intermediate.
        Unsend(grains);
    }

    private void OnDiffers(GrainRange grains) => Unsend(grains);

    private void Unsend(GrainRange grains)
    {
        long first = Math.Clamp(grains.First, 0, core.Maps.Geometry.GrainCount);
        long end = Math.Clamp(grains.End, first, core.Maps.Geometry.GrainCount);
        if (end > first)
        {
            core.Maps.ClearOnC(new GrainRange(first, end - first));
        }
    }

    private async Task OnDifferencesEndedAsync()
    {
        if (core.Journal.Record.AwaitsRemoteDifferences)
        {
            await core.Journal.PersistAllAsync();
            await core.Journal.ChangeAsync(static now => now with { AwaitsRemoteDifferences = false });
        }
    }

    private async Task OnReadyAsync(SourceSession session)
    {
        if (cycle.State is SourceState.Suspended or SourceState.Failed)
        {
            // Members of a group that have prepared a point wait for this word.
            await cycle.AnnounceAsync(session);
            return;
        }

        if (core.Journal.Record.AwaitsRemoteDifferences)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The former source did not say which of its grains may differ.");
        }

        core.Maps.Recount();
        core.Events.Report(PairEventId.LinkUp, ("session", session.Channel.SessionId));
        if (_remotePrepared != 0 && _remotePrepared != cycle.Point)
        {
            // Site 2 holds a group's point of which it is not known here whether it was committed: it asks the lead and says so (F-9).
            return;
        }

        if (core.Journal.Record.NeedsComparison)
        {
            _ = core.Flows.WatchAsync(CompareAsync(session));
            return;
        }

        await EnterAsync(session);
    }

    private async Task EnterAsync(SourceSession session)
    {
        cycle.Session = session;
        if (cycle.State == SourceState.InDoubt)
        {
            cycle.Transition(SourceEvent.DoubtResolved);
        }

        cycle.OnReady(_remoteCommitted.Number, _remotePrepared);
        await cycle.AnnounceAsync(session);

        core.Copier.Attach(session.Channel);
        if (cycle.State == SourceState.Copying)
        {
            // The other site is back: writes wait for it again where the policy says so. A run of merged points is not begun anew in a running cycle.
            core.Maps.Mode = core.Maps.Mode with { WaitsForC = core.WishesC && core.Options.WritePolicy != WritePolicy.Merge };
        }

        cycle.CheckComplete();
    }

    private async Task CompareAsync(SourceSession session)
    {
        try
        {
            await comparison.RunAsync(session.Channel, _stop.Token);
            await (_running == session ? EnterAsync(session) : Task.CompletedTask);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or OperationCanceledException)
        {
            FaultIfOwn(exception);
            await session.Channel.DisposeAsync();
        }
    }

    private async Task OnCommittedAsync(CommittedPoint committed)
    {
        if (committed.Number == _remotePrepared && committed.Number != cycle.Point)
        {
            await RecordRemoteAsync(committed);
            await OnSettledAsync(committed.Number);
        }
        else
        {
            await cycle.OnCommittedAsync(committed);
        }
    }

    // Committed or not: the doubt that kept this side from going on is over.
    private async Task OnSettledAsync(ulong point)
    {
        if (point != _remotePrepared)
        {
            return;
        }

        _remotePrepared = 0;
        if (cycle.State == SourceState.InDoubt && _running is { } session)
        {
            await OnReadyAsync(session);
        }
    }

    private async Task RecordRemoteAsync(CommittedPoint committed)
    {
        await cycle.RecordAsync(committed);
        core.Events.Report(PairEventId.PointCommitted, ("point", committed.Number), ("t1", committed.TakenAt), ("t2", committed.CommittedAt));
    }

    private async Task OnAnsweredAsync(ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        switch (message.Kind)
        {
            case FlashcopyMessage.Acknowledge:
                core.Copier.Acknowledged(message.Point, new GrainRange(message.FirstGrain, message.GrainCount));
                break;
            case FlashcopyMessage.Committed when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                await OnCommittedAsync(new CommittedPoint(message.Point, message.Subject, times.TakenAt, times.CommittedAt));
                break;
            case FlashcopyMessage.Prepared:
                cycle.OnPrepared(message.Point);
                break;
            case FlashcopyMessage.GivenUp:
                await OnSettledAsync(message.Point);
                break;
            case FlashcopyMessage.Refused:
                cycle.OnRefused(message.Point, (PrepareRefusal)message.Status);
                throw new LinkClosedException(LinkCloseReason.PeerClosed, $"Site 2 refused to prepare the point: {(PrepareRefusal)message.Status}.");
            case FlashcopyMessage.TargetFault:
                fault((SuspendReason)message.Status, new FaultText(
                    System.Text.Encoding.UTF8.GetString(received.Payload.Span), (message.Flags & FlashcopyMessage.StorageIsFull) != 0));
                break;
            case FlashcopyMessage.Hashes:
                comparison.OnHashes(new GrainRange(message.FirstGrain, message.GrainCount), received.Payload.Span);
                break;
            case FlashcopyMessage.SecondFlashcopyDone:
                break;
            default:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"Site 2 sent a message of unknown kind {message.Kind}.");
        }
    }
}

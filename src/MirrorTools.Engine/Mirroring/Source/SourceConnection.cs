using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Site 1's side of the link: one conversation at a time, and what its answers mean for the cycle (F-9, F-19, F-20, F-21, F-23).</summary>
internal sealed class SourceConnection
{
    private readonly SourceCore _core;
    private readonly SourceCycle _cycle;
    private readonly SourceComparison _comparison;
    private readonly Action<SuspendReason, FaultText> _fault;
    private readonly PairConversations _conversations;
    private readonly PeerAdmission _admission;
    private readonly RemotePoints _remote;
    private SourceSession? _running;

    public SourceConnection(
        SourceCore core, SourceCycle cycle, SourceComparison comparison, SourceVolume volume, Action<SuspendReason, FaultText> fault)
    {
        _core = core;
        _cycle = cycle;
        _comparison = comparison;
        _fault = fault;
        _admission = new PeerAdmission(core, volume, fault);
        _remote = new RemotePoints(core, cycle);
        _conversations = new PairConversations(core.Flows, ConverseAsync);
    }

    /// <summary>True where the other side was heard to hold an older generation.</summary>
    public bool IsPeerOlder => _admission.IsPeerOlder;

    /// <summary>Begins a conversation over a new session; one before is over.</summary>
    public void Attach(IPeerChannel channel) => _conversations.Attach(channel);

    /// <summary>Ends the conversation, for good.</summary>
    public Task CloseAsync() => _conversations.CloseAsync();

    /// <summary>The pair was resumed: what the other side said holds from now on.</summary>
    public void OnResumed()
    {
        if (_running is { } running)
        {
            // A new conversation settles generations, losses and the last decision from the beginning.
            _ = running.Channel.DisposeAsync();
        }
    }

    private async Task ConverseAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
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
        _core.SetChannel(channel);
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
            _core.SetChannel(null);
            _comparison.OnLinkDown();
            if (_cycle.Session == session)
            {
                _cycle.Session = null;
                _core.Service.Detach();
                _core.Events.Report(PairEventId.LinkDown, ("reason", reason));
            }
        }
    }

    // A storage of this side, not the link: the next conversation would end at the same place, and nobody would see why (P-7).
    private void FaultIfOwn(Exception exception)
    {
        if (exception is IOException own and not LinkClosedException)
        {
            _fault(SourceFault.ReasonOf(own), FaultText.Of(own));
        }
    }

    private PeerGreeting Greeting() =>
        new(_core.Geometry.LengthBytes, _core.Geometry.GrainBytes, _core.Journal.Record, _core.Kind);

    private async Task<bool> OnGreetedAsync(PeerGreeting peer)
    {
        if (!_admission.Admits(peer))
        {
            return false;
        }

        await _remote.OnGreetedAsync(peer.Record);
        if (peer.Record.NeedsComparison)
        {
            await _comparison.DemandAsync(_cycle);
        }

        return true;
    }

    private void OnLost(GrainRange grains)
    {
        if (_core.Parts.Faults.IgnoreLostGrains)
        {
            return;
        }

        // Not only those of the running cycle: C has to hold what D was restored from, or a recovered side could not take it for its first intermediate.
        Unsend(grains);
    }

    private void OnDiffers(GrainRange grains) => Unsend(grains);

    private void Unsend(GrainRange grains)
    {
        long first = Math.Clamp(grains.First, 0, _core.Geometry.GrainCount);
        long end = Math.Clamp(grains.End, first, _core.Geometry.GrainCount);
        if (end > first)
        {
            _core.Service.Unsend(new GrainRange(first, end - first));
        }
    }

    private async Task OnDifferencesEndedAsync()
    {
        if (_core.Journal.Record.AwaitsRemoteDifferences)
        {
            await _core.Journal.PersistAllAsync();
            await _core.Journal.ChangeAsync(static now => now with { AwaitsRemoteDifferences = false });
        }
    }

    private async Task OnReadyAsync(SourceSession session)
    {
        if (_cycle.State is SourceState.Suspended or SourceState.Failed)
        {
            // Members of a group that have prepared a point wait for this word.
            await _cycle.AnnounceAsync(session);
            return;
        }

        if (_core.Journal.Record.AwaitsRemoteDifferences)
        {
            throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "The former source did not say which of its grains may differ.");
        }

        _core.Service.Recount();
        _core.Events.Report(PairEventId.LinkUp, ("session", session.Channel.SessionId));
        if (_remote.IsInDoubt)
        {
            return;
        }

        if (_core.Journal.Record.NeedsComparison)
        {
            _ = _core.Flows.WatchAsync(CompareAsync(session));
            return;
        }

        await EnterAsync(session);
    }

    private async Task EnterAsync(SourceSession session)
    {
        _cycle.Session = session;
        if (_cycle.State == SourceState.InDoubt)
        {
            _cycle.Transition(SourceEvent.DoubtResolved);
        }

        _cycle.OnReady(_remote.Committed.Number, _remote.Prepared);
        await _cycle.AnnounceAsync(session);

        _core.Service.Attach(session.Channel, hasPoint: _cycle.State == SourceState.Copying);
        _cycle.CheckComplete();
    }

    private async Task CompareAsync(SourceSession session)
    {
        try
        {
            await _comparison.RunAsync(session.Channel, _conversations.Stopping);
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
        if (_remote.IsOfDoubt(committed))
        {
            await _remote.RecordAsync(committed);
            await OnSettledAsync(committed.Number);
        }
        else
        {
            await _cycle.OnCommittedAsync(committed);
        }
    }

    // Committed or not: the doubt that kept this side from going on is over.
    private async Task OnSettledAsync(ulong point)
    {
        bool wasInDoubt = _remote.IsInDoubt;

        // Whatever the cycle thinks: a member that was given up before it was asked again doubts nothing, and its conversation has waited all the same.
        if (_remote.Settle(point) && wasInDoubt && _running is { } session)
        {
            await OnReadyAsync(session);
        }
    }

    private async Task OnAnsweredAsync(ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        switch (message.Kind)
        {
            case MirrorMessage.Acknowledge:
                _core.Service.Acknowledged(message);
                break;
            case MirrorMessage.Committed when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                await OnCommittedAsync(new CommittedPoint(message.Point, message.Subject, times.TakenAt, times.CommittedAt));
                break;
            case MirrorMessage.Prepared:
                _cycle.OnPrepared(message.Point);
                break;
            case MirrorMessage.GivenUp:
                await OnSettledAsync(message.Point);
                _cycle.OnGivenUp(message.Point);
                break;
            case MirrorMessage.Refused:
                _cycle.OnRefused(message.Point, (PrepareRefusal)message.Status);
                throw new LinkClosedException(LinkCloseReason.PeerClosed, $"Site 2 refused to prepare the point: {(PrepareRefusal)message.Status}.");
            case MirrorMessage.TargetFault:
                _fault((SuspendReason)message.Status, new FaultText(
                    System.Text.Encoding.UTF8.GetString(received.Payload.Span), (message.Flags & MirrorMessage.StorageIsFull) != 0));
                break;
            case MirrorMessage.Hashes:
                _comparison.OnHashes(new GrainRange(message.FirstGrain, message.GrainCount), received.Payload.Span);
                break;
            case MirrorMessage.SecondFlashcopyDone:
                break;
            default:
                throw new LinkClosedException(LinkCloseReason.ProtocolViolation, $"Site 2 sent a message of unknown kind {message.Kind}.");
        }
    }
}

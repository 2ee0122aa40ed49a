using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

/// <content>The way of a point that is copied: site 2 prepares it, the group's lead chooses, and the choice is recorded here (F-8, F-9).</content>
internal sealed partial class SourceCycle
{
    private TaskCompletionSource? _decision;

    /// <summary>True where site 2 was asked to prepare the point and nothing is decided here yet.</summary>
    public bool IsAsked => State is SourceState.Completing or SourceState.Prepared;

    /// <summary>Has site 2 prepare the point, and choose unless another pair leads the group (F-8, F-9).</summary>
    public void Complete(Guid? lead)
    {
        Transition(SourceEvent.AllCopied);
        _core.Service.BeginDeciding();
        _ = _core.Flows.WatchAsync(CompleteAsync(Session!, lead));
    }

    /// <summary>The session is new: what site 2's greeting says of a completion that got no answer.</summary>
    /// <param name="committed">The last point it committed.</param>
    /// <param name="prepared">The point that it has prepared; 0 for none.</param>
    public void OnReady(ulong committed, ulong prepared)
    {
        if (!IsAsked || committed == Point)
        {
            return;
        }

        if (prepared == Point)
        {
            OnPrepared(prepared);
            if (_core.Group.LastCommitted is { IsNone: false } chosen)
            {
                _ = _core.Flows.WatchAsync(SettleAsync(chosen));
            }
        }
        else if (State == SourceState.Prepared)
        {
            // What site 2 had made durable is gone from there: that can only be an admin's doing, and the group begins anew.
            _ = _core.Flows.WatchAsync(_core.Group.GiveUpAsync("PreparedPointLost"));
        }
        else
        {
            // It completes again once site 2 has heard of it: a completion of a point that was not announced is refused.
            Transition(SourceEvent.Refused);
        }
    }

    /// <summary>Site 2 has prepared the point; the group's lead decides (F-9).</summary>
    public void OnPrepared(ulong point)
    {
        if (State == SourceState.Completing && point == Point)
        {
            StopWaitingForDecision();
            Transition(SourceEvent.Prepared);
            _core.Group.OnCopied();
        }
    }

    /// <summary>The group's lead has committed: site 2 need not ask for it.</summary>
    public async Task SettleAsync(CommittedPoint committed)
    {
        if (State == SourceState.Prepared && committed.Number == Point && Session is { } session)
        {
            await PointMessages.TellSettledAsync(session, committed);
        }
    }

    /// <summary>Site 2 refused to prepare (F-8): what it lost is copied again.</summary>
    public void OnRefused(ulong point, PrepareRefusal why)
    {
        if (State == SourceState.Completing && point == Point)
        {
            StopWaitingForDecision();
            Transition(SourceEvent.Refused);
            if (why == PrepareRefusal.GivenUp)
            {
                _ = _core.Flows.WatchAsync(_core.Group.GiveUpAsync("GivenUpAtTheTarget"));
            }
        }
    }

    /// <summary>Site 2 has given the point up by itself, since the lead's source was silent for long: the group begins anew.</summary>
    public void OnGivenUp(ulong point)
    {
        if (point == Point && (State == SourceState.Copying || IsAsked))
        {
            _ = _core.Flows.WatchAsync(_core.Group.GiveUpAsync("GivenUpAtTheTarget"));
        }
    }

    /// <summary>Site 2 has committed: recorded here before the admin hears of it (F-9).</summary>
    public async Task OnCommittedAsync(CommittedPoint committed)
    {
        // Copying: a refusal was heard, but the choice had become durable all the same.
        if (State is not SourceState.Completing and not SourceState.Copying and not SourceState.Prepared || committed.Number != Point)
        {
            return;
        }

        StopWaitingForDecision();
        Transition(SourceEvent.Committed);
        try
        {
            await RecordAsync(committed);
        }
        catch (IOException exception)
        {
            // The commit stands at site 2; this side asks for it again once its metadata can be written.
            Transition(SourceEvent.Recorded);
            Finish("MetadataFailed");
            SuspendNeeded(SuspendReason.MetadataFailed, FaultText.Of(exception));
            return;
        }

        await _core.Service.StopAsync();
        Transition(SourceEvent.Recorded);
        (ulong point, long linkBytes) = (Point, LinkBytes);
        Release();
        _core.Service.OnPointEnded();
        _core.Events.Report(PairEventId.PointCommitted, ("point", point), ("t1", committed.TakenAt), ("t2", committed.CommittedAt), ("linkBytes", linkBytes));
        End(new CycleOutcome(point, true, ""));
        StateChanged(State);
        await _core.Group.OnCommittedAsync(this, committed);
    }

    /// <summary>Records a commit.</summary>
    public async Task RecordAsync(CommittedPoint committed)
    {
        TimeSpan? held = _held.Point == committed.Number ? _held.Time : null;
        await _core.Journal.ChangeAsync(now => now.WithCommitted(committed) with { LastHold = held });
        Committed();

        // A point whose answer was a refusal may have been committed all the same, while a newer one is under way.
        _core.Service.OnRecorded(isOlder: Point != 0 && Point != committed.Number);
    }

    private async Task CompleteAsync(SourceSession session, Guid? lead)
    {
        TaskCompletionSource decision = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _decision = decision;
        ulong point = Point;
        try
        {
            await PointMessages.CompleteAsync(session, point, TakenAt, lead);

            // Not the channel's own end: each cycle would leave a waiter behind on it for as long as the session lives.
            await decision.Task.WithDeadline(_core.Options.DecisionDeadline, _core.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // A conversation that does not answer is cut, and the next one asks.
            await session.Channel.DisposeAsync();
        }
        catch (IOException)
        {
            // The next session asks.
        }
    }

    private void StopWaitingForDecision()
    {
        TaskCompletionSource? decision = _decision;
        _decision = null;
        decision?.TrySetResult();
    }
}

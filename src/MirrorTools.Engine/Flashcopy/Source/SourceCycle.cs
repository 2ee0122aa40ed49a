using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>The driver of <see cref="SourceMachine"/>: takes points, has them copied, completes them and records what site 2 decided. On the pair's scheduler.</summary>
internal sealed partial class SourceCycle
{
    private readonly SourceCore _core;
    private TaskCompletionSource<CycleOutcome>? _outcome;
    private TaskCompletionSource? _stable;
    private DateTimeOffset? _mergingSince;
    private long _linkBytesBefore;

    private TaskCompletionSource? _decision;

    public SourceCycle(SourceCore core, SourceState state)
    {
        _core = core;
        State = state;
    }

    /// <summary>Where the cycle stands.</summary>
    public SourceState State { get; private set; }

    /// <summary>The point under way; 0 where there is none.</summary>
    public ulong Point { get; private set; }

    /// <summary>t1 of the point under way.</summary>
    public DateTimeOffset TakenAt { get; private set; }

    /// <summary>How long the gate was closed for the last point.</summary>
    public TimeSpan LastGateTime { get; set; }

    /// <summary>The pair.</summary>
    public Guid PairId => _core.PairId;

    /// <summary>The last commit this side knows of.</summary>
    public CommittedPoint LastCommitted => _core.Journal.Record.LastCommitted;

    /// <summary>True where nothing is left to copy and site 2 is there.</summary>
    public bool IsCopied => State == SourceState.Copying && _hasBegun && _core.Maps.Uncopied == 0 && Session is not null;

    /// <summary>True where site 2 was asked to prepare the point and nothing is decided here yet.</summary>
    public bool IsAsked => State is SourceState.Completing or SourceState.Prepared;

    /// <summary>Completes when the running point is committed or given up; null where there is none.</summary>
    public Task<CycleOutcome>? Outcome => _outcome?.Task;

    /// <summary>The conversation with site 2, once grains may travel.</summary>
    public SourceSession? Session
    {
        get;
        set
        {
            field = value;
            if (value is null)
            {
                StopWaitingForDecision();
            }
        }
    }

    /// <summary>Asked to suspend the pair: a fault made the cycle impossible.</summary>
    public required Action<SuspendReason, FaultText> SuspendNeeded { get; init; }

    /// <summary>Told after each state change.</summary>
    public required Action<SourceState> StateChanged { get; init; }

    /// <summary>What the point's cycle has put on the link so far, in bytes.</summary>
    public long LinkBytes => _core.LinkBytes - _linkBytesBefore;

    /// <summary>Completes when no point is being taken, recorded or given up: what a fault or an admin asks for meanwhile waits, and is not lost.</summary>
    public async Task WhenStableAsync()
    {
        while (IsTransient(State))
        {
            _stable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _stable.Task;
        }
    }

    /// <summary>Goes to the state that the event leads to.</summary>
    public void Transition(SourceEvent what)
    {
        SourceState before = State;
        State = SourceMachine.Next(before, what);
        if (!IsTransient(State))
        {
            (TaskCompletionSource? stable, _stable) = (_stable, null);
            stable?.TrySetResult();
        }

        _core.Parts.Transitions?.Invoke("source", before.ToString(), what.ToString(), State.ToString());
        StateChanged(State);
    }

    /// <summary>An invariant broke: nothing more is mirrored, hosts go on, the maps stay as they are and nothing of them is trusted until somebody has looked.</summary>
    public void Break(Exception cause)
    {
        if (State == SourceState.Failed)
        {
            return;
        }

        Transition(SourceEvent.Break);
        StopWaitingForDecision();
        _ = _core.Copier.StopAsync();
        Release();
        _core.Events.Report(PairEventId.InvariantBroken, ("detail", $"{cause.GetType().Name}: {cause.Message}"));
        End(new CycleOutcome(0, false, "InvariantBroken"));
        _ = _core.Flows.WatchAsync(_core.Group.GiveUpAsync("MemberFailed"));
    }

    /// <summary>Tells site 2 of the point under way, and in a group also that there is none: what was prepared of an earlier one is given up then (F-9).</summary>
    public async Task AnnounceAsync(SourceSession session)
    {
        if (Point != 0)
        {
            PeerMessage message = new(FlashcopyMessage.BeginPoint, 0, 0, Point, 0, _core.Maps.CycleGrains, Guid.Empty);
            await SendAsync(session, message, new PointTimes(TakenAt, DateTimeOffset.MinValue).Encode());
        }
        else if (!_core.Group.IsAlone)
        {
            await SendAsync(session, new PeerMessage(FlashcopyMessage.NoPoint, 0, 0, 0, 0, 0, Guid.Empty), default);
        }
    }

    /// <summary>A waiting write wants to fall before a new point (F-27).</summary>
    public bool RequestMerge()
    {
        _mergingSince ??= _core.Time.GetUtcNow();
        if (State is not SourceState.Copying and not SourceState.ClosingGate and not SourceState.Merging
            || _core.Time.GetUtcNow() - _mergingSince > _core.Options.LinkDeadline)
        {
            _core.Maps.Mode = _core.Maps.Mode with { WaitsForC = false };
            return false;
        }

        if (State == SourceState.Copying)
        {
            _ = _core.Flows.WatchAsync(MergeAsync());
        }

        return true;
    }

    /// <summary>Grains went into B or onto C: writers may go on, and the point may be complete.</summary>
    public void OnProgress()
    {
        _core.Waiters.Reconsider();
        CheckComplete();
    }

    /// <summary>Has site 2 prepare the point, and choose unless another pair leads the group (F-8, F-9).</summary>
    public void Complete(Guid? lead)
    {
        Transition(SourceEvent.AllCopied);
        _core.Waiters.StopMerging();
        _ = _core.Flows.WatchAsync(CompleteAsync(Session!, lead));
    }

    /// <summary>Where nothing is left to copy and site 2 is there, the group may complete (F-8).</summary>
    public void CheckComplete()
    {
        if (IsCopied)
        {
            _core.Group.OnCopied();
        }
        else if (State == SourceState.Copying && _core.Waiters.HasMerging)
        {
            _ = _core.Flows.WatchAsync(MergeAsync());
        }
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
            await SendAsync(
                session, new PeerMessage(FlashcopyMessage.Settle, 0, 0, Point, 0, 0, committed.Id), new PointTimes(committed.TakenAt, committed.CommittedAt).Encode());
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

        await _core.Copier.StopAsync();
        Transition(SourceEvent.Recorded);
        (ulong point, long linkBytes) = (Point, LinkBytes);
        Release();
        _mergingSince = null;
        _core.Events.Report(PairEventId.PointCommitted, ("point", point), ("t1", committed.TakenAt), ("t2", committed.CommittedAt), ("linkBytes", linkBytes));
        End(new CycleOutcome(point, true, ""));
        StateChanged(State);
        await _core.Group.OnCommittedAsync(this, committed);
    }

    /// <summary>Records a commit: the cycle map has served its turn.</summary>
    public async Task RecordAsync(CommittedPoint committed)
    {
        await _core.Journal.ChangeAsync(now => now.WithCommitted(committed));
        _core.Maps.Cycle.Reset(false);
        if (Point != 0 && Point != committed.Number)
        {
            // A point whose answer was a refusal was committed all the same, and a newer one is under way: nothing of that has travelled yet, so what it lacks is all of it.
            _core.Maps.CountAndJoinCycle();
        }
    }

    /// <summary>Gives the running point up (F-19, F-22): hosts are released at once, what was copied stays known. Called by the group.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="isDoubtful">Members were asked to prepare: whether the point was committed is for the next conversation to tell.</param>
    public async Task GiveUpAsync(string reason, bool isDoubtful)
    {
        if (State != SourceState.Copying && !IsAsked)
        {
            return;
        }

        bool isUndecided = State == SourceState.Copying;
        StopWaitingForDecision();
        Transition(SourceEvent.GiveUp);
        if (isUndecided && Session is { } session)
        {
            _ = _core.Flows.WatchAsync(TellGivenUpAsync(session, Point));
        }

        // Hosts first: the copier reads and marks nothing more, so they need not wait for its last steps.
        ulong point = Point;
        Task stopped = _core.Copier.StopAsync();
        Release();
        try
        {
            await stopped.WithDeadline(_core.Options.LocalDeadline, _core.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // A storage hangs: the cause is shown now, and the next point waits for its answer.
        }

        Point = point;
        Finish(reason);
        if (isDoubtful && State == SourceState.Idle)
        {
            Transition(SourceEvent.Doubted);
            _ = Session?.Channel.DisposeAsync();
        }
    }

    private static bool IsTransient(SourceState state) =>
        state is SourceState.ClosingGate or SourceState.Merging or SourceState.Recording or SourceState.GivingUp;

    private static Task TellGivenUpAsync(SourceSession session, ulong point) =>
        SendAsync(session, new PeerMessage(FlashcopyMessage.GiveUp, 0, 0, point, 0, 0, Guid.Empty), default);

    // Where the link is cut the next session says anew where the point stands, and a completion of this one counts no more.
    private static async Task SendAsync(SourceSession session, PeerMessage message, ReadOnlyMemory<byte> payload)
    {
        try
        {
            await session.Channel.SendAsync(message, payload, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
        }
    }

    private bool MergeIsOver => _mergingSince is { } since && _core.Time.GetUtcNow() - since > _core.Options.LinkDeadline;

    private async Task MergeAsync()
    {
        try
        {
            await _core.Group.TakePointAsync(supersede: true);
        }
        catch (PairException)
        {
            _core.Waiters.StopMerging();
        }
    }

    private async Task CompleteAsync(SourceSession session, Guid? lead)
    {
        TaskCompletionSource decision = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _decision = decision;
        ulong point = Point;
        try
        {
            PeerMessage message = new(FlashcopyMessage.Complete, lead is null ? (ushort)0 : FlashcopyMessage.PrepareOnly, 0, point, 0, 0, session.Instance);
            byte[] times = new PointTimes(TakenAt, DateTimeOffset.MinValue).Encode();
            await session.Channel.SendAsync(message, lead is { } other ? [.. times, .. other.ToByteArray()] : times, CancellationToken.None);

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

    private void Finish(string reason)
    {
        (ulong point, long linkBytes) = (Point, LinkBytes);
        _mergingSince = null;
        Release();
        if (State == SourceState.GivingUp)
        {
            Transition(SourceEvent.GivenUp);
        }

        if (point != 0)
        {
            _core.Events.Report(PairEventId.PointGivenUp, ("point", point), ("reason", reason), ("linkBytes", linkBytes));
        }

        End(new CycleOutcome(point, false, reason));
        StateChanged(State);
    }

    // No point is under way: writes mark, and nothing holds them. What the future map marks is merged by the next point.
    private void Release()
    {
        if (_core.Maps.Mode.Retiring is { } retiring)
        {
            _core.Maps.Renew(retiring, beginsCycle: false);
        }

        _core.Maps.Mode = _core.Maps.Mode with { CycleIsLive = false, WaitsForC = false, Retiring = null };
        Point = 0;
        _core.Waiters.ReleaseAll();
    }

    private void End(CycleOutcome outcome)
    {
        TaskCompletionSource<CycleOutcome>? ended = _outcome;
        _outcome = null;
        ended?.TrySetResult(outcome);
    }
}

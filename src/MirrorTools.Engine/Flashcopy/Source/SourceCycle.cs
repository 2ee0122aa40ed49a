using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>The driver of <see cref="SourceMachine"/>: takes points, has them copied, completes them and records what site 2 decided. On the pair's scheduler.</summary>
internal sealed class SourceCycle
{
    private readonly SourceCore _core;
    private TaskCompletionSource<CycleOutcome>? _outcome;
    private TaskCompletionSource? _stable;
    private DateTimeOffset? _mergingSince;
    private long _linkBytesBefore;

    // After a restart the numbers begin above the reserve: none is ever used twice.
    private ulong _nextPoint;
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
    public TimeSpan LastGateTime { get; private set; }

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
    }

    /// <summary>Takes a point (F-2); with one under way, the new one supersedes it (F-12).</summary>
    /// <returns>The point's number; its outcome is <see cref="Outcome"/>.</returns>
    public async Task<ulong> TakePointAsync(bool supersede)
    {
        ThrowUnlessPossible(supersede);
        ulong superseded = Point;
        Transition(SourceEvent.PointRequested);
        try
        {
            ulong point = await ReserveAsync();
            if (!await TakeInstantAsync())
            {
                return await AbandonPointAsync(superseded);
            }

            if (superseded != 0)
            {
                _core.Events.Report(PairEventId.PointSuperseded, ("point", superseded), ("by", point), ("linkBytes", LinkBytes));
                End(new CycleOutcome(superseded, false, "Superseded"));
            }

            Point = point;
            _linkBytesBefore = _core.LinkBytes;
            _outcome = new TaskCompletionSource<CycleOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            Transition(SourceEvent.PointTaken);
            _core.Events.Report(PairEventId.PointTaken, ("point", point), ("t1", TakenAt));
            GrainMap retired = _core.Maps.Mode.Retiring!;
            _core.Maps.Renew(retired, beginsCycle: true);
            _core.Maps.Mode = _core.Maps.Mode with { Retiring = null };
            Transition(SourceEvent.Merged);
            if (Session is { } session)
            {
                await AnnounceAsync(session);
            }

            _core.Copier.Begin(point);
            _core.Waiters.DemandAgain();
            CheckComplete();
            return point;
        }
        catch (IOException exception) when (State == SourceState.ClosingGate)
        {
            Transition(SourceEvent.GateTimedOut);
            Finish("MetadataFailed");
            SuspendNeeded(SuspendReason.MetadataFailed, FaultText.Of(exception));
            throw new PairException(PairError.StorageFailed, $"No point was taken: the pair's metadata can't be written ({exception.Message}).", exception);
        }
    }

    /// <summary>Tells site 2 of the point under way.</summary>
    public async Task AnnounceAsync(SourceSession session)
    {
        try
        {
            PeerMessage message = new(FlashcopyMessage.BeginPoint, 0, 0, Point, 0, _core.Maps.CycleGrains, Guid.Empty);
            await session.Channel.SendAsync(message, new PointTimes(TakenAt, DateTimeOffset.MinValue).Encode(), CancellationToken.None);
        }
        catch (LinkClosedException)
        {
            // The session's end detaches it; the next session announces the point again.
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

    /// <summary>Where nothing is left to copy and site 2 is there: completes (F-8).</summary>
    public void CheckComplete()
    {
        if (State == SourceState.Copying && _core.Maps.Uncopied == 0 && Session is { } session)
        {
            Transition(SourceEvent.AllCopied);
            _core.Waiters.StopMerging();
            _ = _core.Flows.WatchAsync(CompleteAsync(session));
        }
        else if (State == SourceState.Copying && _core.Waiters.HasMerging)
        {
            _ = _core.Flows.WatchAsync(MergeAsync());
        }
    }

    /// <summary>The session is new: a completion that got no answer is asked again.</summary>
    public void OnReady(SourceSession session, ulong committed)
    {
        if (State != SourceState.Completing)
        {
            return;
        }

        // Site 2 has answered by its greeting where it committed; otherwise the point is still to be completed.
        if (committed != Point)
        {
            // It completes again once site 2 has heard of it: a completion of a point that was not announced is refused.
            Transition(SourceEvent.Refused);
        }
    }

    /// <summary>Site 2 refused to prepare (F-8): what it lost is copied again.</summary>
    public void OnRefused(ulong point)
    {
        if (State == SourceState.Completing && point == Point)
        {
            StopWaitingForDecision();
            Transition(SourceEvent.Refused);
        }
    }

    /// <summary>Site 2 has committed: recorded here before the admin hears of it (F-9).</summary>
    public async Task OnCommittedAsync(CommittedPoint committed)
    {
        // Copying: a refusal was heard, but the choice had become durable all the same.
        if (State is not SourceState.Completing and not SourceState.Copying || committed.Number != Point)
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

    /// <summary>Gives the running point up (F-19, F-22): hosts are released at once, what was copied stays known.</summary>
    public async Task GiveUpAsync(string reason)
    {
        if (State is not SourceState.Copying and not SourceState.Completing)
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
    }

    private static bool IsTransient(SourceState state) =>
        state is SourceState.ClosingGate or SourceState.Merging or SourceState.Recording or SourceState.GivingUp;

    private static async Task TellGivenUpAsync(SourceSession session, ulong point)
    {
        try
        {
            PeerMessage message = new(FlashcopyMessage.GiveUp, 0, 0, point, 0, 0, Guid.Empty);
            await session.Channel.SendAsync(message, default, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
            // Without a completion of this session the point can't be prepared any more.
        }
    }

    private void ThrowUnlessPossible(bool supersede)
    {
        if (State is SourceState.Idle or SourceState.Copying && _core.Journal.Record.NeedsComparison)
        {
            // A grain that is compared while a point is under way would be taken for the point's content.
            throw new PairException(PairError.ComparisonNeeded,
                "The two sites are to be compared by hash before a point is taken. Get-MirrorPair shows whether that is under way; it begins by itself when they are connected.");
        }

        switch (State)
        {
            case SourceState.Idle:
            case SourceState.Copying when supersede:
                return;
            case SourceState.InDoubt:
                throw new PairException(PairError.InDoubt,
                    "Whether the last point was committed is not known until the other site has been asked; the link is down. Get-MirrorTrust shows the other agent's state.");
            case SourceState.Suspended:
                throw new PairException(PairError.PairSuspended, "The pair is suspended. Resume-MirrorPair ends that.");
            case SourceState.Lent:
                throw new PairException(PairError.FirstIntermediateLent, "The first intermediate is lent. Set-MirrorPair -ReturnFirstIntermediate ends that.");
            case SourceState.Failed:
                throw new PairException(PairError.PairFailed, "The pair has failed: an invariant broke. Get-MirrorEvent shows which.");
            case SourceState.Completing or SourceState.Recording when supersede:
                throw new PairException(PairError.PointBeingDecided, $"Point {Point} is being decided and can't be superseded. Wait-FlashcopyCycle waits for it.");
            default:
                throw new PairException(PairError.CycleRunning, "A cycle is running. Wait-FlashcopyCycle waits for it, Start-FlashcopyCycle -Supersede replaces its point.");
        }
    }

    private async Task<ulong> ReserveAsync()
    {
        PairRecord record = _core.Journal.Record;
        ulong point = Math.Max(Math.Max(Point, record.LastCommitted.Number) + 1, _nextPoint);
        if (point >= record.PointReserve)
        {
            await _core.Journal.ChangeAsync(now => now with { PointReserve = Math.Max(now.PointReserve, point + 1024) });
        }

        _nextPoint = point + 1;
        return point;
    }

    // Long writes first, while the copier still brings what they wait for.
    private async Task<bool> TakeInstantAsync()
    {
        try
        {
            await _core.Gate.LongWrites.CloseAsync(_core.Options.GateDeadline);
        }
        catch (TimeoutException)
        {
            ReportGateTimedOut(_core.Options.GateDeadline);
            return false;
        }

        try
        {
            return await StopCopyingAsync() && await PassGateAsync(_core.Maps.TakeSpare());
        }
        finally
        {
            _core.Gate.LongWrites.Open();
        }
    }

    private void ReportGateTimedOut(TimeSpan deadline) => _core.Events.Report(PairEventId.GateTimedOut, ("deadlineMs", (long)deadline.TotalMilliseconds));

    // A step of an earlier point that still writes B would tear what this one puts there.
    private async Task<bool> StopCopyingAsync()
    {
        try
        {
            await _core.Copier.StopAsync().WithDeadline(_core.Options.GateDeadline, _core.Time, CancellationToken.None);
            return true;
        }
        catch (TimeoutException)
        {
            ReportGateTimedOut(_core.Options.GateDeadline);
            return false;
        }
    }

    /// <summary>Sets the first number that may be used.</summary>
    public void SkipTo(ulong point) => _nextPoint = Math.Max(_nextPoint, point);

    private async Task<bool> PassGateAsync(GrainMap future)
    {
        if (_core.Parts.Faults.LetWritesPastGate)
        {
            await _core.Waiters.WriteBeforePointAsync(_core.Options.LocalDeadline);
            Exchange(future);
            return true;
        }

        long closedAt = _core.Time.GetTimestamp();
        try
        {
            await _core.Gate.Requests.CloseAsync(_core.Options.GateDeadline);
        }
        catch (TimeoutException)
        {
            ReportGateTimedOut(_core.Options.GateDeadline);
            return false;
        }

        try
        {
            await _core.Waiters.WriteBeforePointAsync(_core.Options.LocalDeadline);
            Exchange(future);
            return true;
        }
        catch (TimeoutException)
        {
            ReportGateTimedOut(_core.Options.LocalDeadline);
            return false;
        }
        finally
        {
            _core.Gate.Requests.Open();
            LastGateTime = _core.Time.GetElapsedTime(closedAt);
        }
    }

    // The instant of the point: nothing is awaited in here.
    private void Exchange(GrainMap future)
    {
        TakenAt = _core.Time.GetUtcNow();
        _core.Maps.Mode = new WriteMode
        {
            CycleIsLive = !_core.Parts.Faults.OverwriteUncopiedGrains,
            WaitsForC = _core.WishesC && !MergeIsOver,
            Future = future,
            Retiring = _core.Maps.Mode.Future,
        };
    }

    private bool MergeIsOver => _mergingSince is { } since && _core.Time.GetUtcNow() - since > _core.Options.LinkDeadline;

    private async Task<ulong> AbandonPointAsync(ulong superseded)
    {
        Transition(SourceEvent.GateTimedOut);
        if (superseded != 0 && Session is { } session)
        {
            await TellGivenUpAsync(session, superseded);
        }

        Transition(SourceEvent.GivenUp);
        Finish("GateTimedOut");
        throw new PairException(PairError.GateTimedOut,
            $"No point was taken: a write stayed in flight for more than {_core.Options.GateDeadline.TotalSeconds} s. Look at the source storage; Start-FlashcopyCycle tries again.");
    }

    private async Task MergeAsync()
    {
        try
        {
            await TakePointAsync(supersede: true);
        }
        catch (PairException)
        {
            _core.Waiters.StopMerging();
        }
    }

    private async Task CompleteAsync(SourceSession session)
    {
        TaskCompletionSource decision = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _decision = decision;
        ulong point = Point;
        try
        {
            PeerMessage message = new(FlashcopyMessage.Complete, 0, 0, point, 0, 0, session.Instance);
            await session.Channel.SendAsync(message, new PointTimes(TakenAt, DateTimeOffset.MinValue).Encode(), CancellationToken.None);

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

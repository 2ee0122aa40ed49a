using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>The driver of <see cref="SourceMachine"/>: takes points, has them copied, completes them and records what site 2 decided. On the pair's scheduler.</summary>
internal sealed partial class SourceCycle
{
    private readonly SourceCore _core;
    private TaskCompletionSource<CycleOutcome>? _outcome;
    private TaskCompletionSource? _stable;
    private long _linkBytesBefore;

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
    public bool IsCopied => State == SourceState.Copying && _hasBegun && _core.Service.IsCopied && Session is not null;

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

    /// <summary>Told why a point was given up, or could not be taken.</summary>
    public required Action<string> GivenUp { get; init; }

    /// <summary>Told that a point is committed, and recorded here.</summary>
    public required Action Committed { get; init; }

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
        _core.Group.OnMemberChanged(this);
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
        _ = _core.Service.StopAsync();
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
            await PointMessages.TellBegunAsync(session, Point, TakenAt, _core.Service.PointGrains);
        }
        else if (!_core.Group.IsAlone)
        {
            await PointMessages.TellNoneAsync(session);
        }
    }

    /// <summary>Where nothing is left to copy and site 2 is there, the group may complete (F-8).</summary>
    public void CheckComplete()
    {
        if (IsCopied)
        {
            _core.Group.OnCopied();
        }
        else if (State == SourceState.Copying)
        {
            _core.Service.OnPointUnfinished();
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
        GivenUp(reason);
        if (isUndecided && Session is { } session)
        {
            _ = _core.Flows.WatchAsync(PointMessages.TellGivenUpAsync(session, Point));
        }

        // Hosts first: the copier reads and marks nothing more, so they need not wait for its last steps.
        ulong point = Point;
        Task stopped = _core.Service.StopAsync();
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

    /// <summary>True where a point is being taken, recorded or given up.</summary>
    public bool IsInTransition => IsTransient(State);

    private static bool IsTransient(SourceState state) =>
        state is SourceState.ClosingGate or SourceState.Merging or SourceState.Recording or SourceState.GivingUp;

    private void Finish(string reason)
    {
        (ulong point, long linkBytes) = (Point, LinkBytes);
        _core.Service.OnPointEnded();
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

    private void Release()
    {
        Point = 0;
        _core.Service.Release();
    }

    private void End(CycleOutcome outcome)
    {
        TaskCompletionSource<CycleOutcome>? ended = _outcome;
        _outcome = null;
        ended?.TrySetResult(outcome);
    }
}

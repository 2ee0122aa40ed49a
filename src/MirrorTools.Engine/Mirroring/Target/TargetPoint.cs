using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>The driver of <see cref="TargetMachine"/>: receives a point, prepares it, makes the one durable choice and renews the maps (F-9). On the pair's scheduler.</summary>
internal sealed class TargetPoint(TargetCore core)
{
    private readonly ITargetService _service = core.Service;
    private Task _settling = Task.CompletedTask;
    private Task _completing = Task.CompletedTask;
    private int _recoveries;

    /// <summary>Where the point stands.</summary>
    public TargetState State { get; private set; } = core.Record.Prepared.IsNone ? TargetState.Waiting : TargetState.Prepared;

    /// <summary>The point under way; 0 where there is none.</summary>
    public ulong Point { get; private set; } = core.Record.Prepared.Number;

    /// <summary>New after each start and each failed flush: a completion names the instance that has the grains (F-8).</summary>
    public Guid Instance { get; private set; } = core.Parts.NewId();

    /// <summary>Which storage failed.</summary>
    public SuspendReason Fault { get; private set; }

    /// <summary>What is behind the fault.</summary>
    public FaultText? FaultDetail { get; private set; }

    /// <summary>True while a recovery settles what is prepared, and after it: nothing more is, though site 1 may be connected.</summary>
    public bool IsClosedToPoints => _recoveries > 0;

    /// <summary>A recovery begins: no more points from now on.</summary>
    public void CloseToPoints() => _recoveries++;

    /// <summary>A recovery was not to be.</summary>
    public void ReopenToPoints() => _recoveries--;

    /// <summary>Completes when no point is being prepared or chosen.</summary>
    public Task WhenDecided() => _settling.IsCompleted ? _completing : WhenSettledAsync();

    /// <summary>Told of a storage that failed.</summary>
    public required Action<SuspendReason, Exception> Failed { get; init; }

    /// <summary>Told that a group's point is prepared here: the lead is asked for its choice from now on.</summary>
    public required Action Prepared { get; init; }

    /// <summary>Tells site 1 what became of a prepared point.</summary>
    public required Func<PointDecision, ulong, Task> Settled { get; init; }

    /// <summary>Goes to the state that the event leads to.</summary>
    public void Transition(TargetEvent what)
    {
        TargetState before = State;
        State = TargetMachine.Next(before, what);
        core.Parts.Transitions?.Invoke("target", before.ToString(), what.ToString(), State.ToString());
    }

    /// <summary>Site 1 took a point; what arrives from now on belongs to it. Arrivals of the one before end first.</summary>
    public async Task BeginAsync(ulong point)
    {
        await _service.WhenIdle();
        if (State is TargetState.Waiting or TargetState.Receiving && point > Math.Max(core.Record.LastCommitted.Number, core.Record.SettledThrough))
        {
            Transition(TargetEvent.PointBegan);
            Point = point;
        }
    }

    /// <summary>True where this side has settled for good that the point is not committed.</summary>
    public bool IsGivenUp(ulong point) => point <= core.Record.SettledThrough && !core.Record.RecentPoints.Any(known => known.Number == point);

    /// <summary>True where grains that name a point may be taken.</summary>
    public bool Takes(ulong point) => _service.Takes(point, State, Point);

    /// <summary>The point will not be completed over this session.</summary>
    public async Task GiveUpAsync(ulong point)
    {
        await _service.WhenIdle();
        if (State == TargetState.Receiving && (point == 0 || point == Point))
        {
            Transition(TargetEvent.GivenUp);
            Point = 0;
        }
    }

    /// <summary>Prepares (F-9, A-6): what has arrived, maps and record durable. Then chooses and renews the maps, or, where another member leads the group, waits for that one's choice.</summary>
    /// <param name="channel">Where the answer goes.</param>
    /// <param name="message">Site 1's message.</param>
    /// <param name="takenAt">t1.</param>
    /// <param name="lead">The pair that chooses; null where this one does.</param>
    public async Task CompleteAsync(IPeerChannel channel, PeerMessage message, DateTimeOffset takenAt, Guid? lead)
    {
        ulong point = message.Point;
        if (State == TargetState.Prepared && point == Point && lead is not null)
        {
            await PointAnswers.TellPreparedAsync(channel, Point, Instance);
            return;
        }

        if (message.Subject != Instance || State != TargetState.Receiving || point != Point || IsClosedToPoints || _service.HoldsNewerThan(point))
        {
            PrepareRefusal why = point <= core.Record.SettledThrough ? PrepareRefusal.GivenUp
                : message.Subject != Instance ? PrepareRefusal.OtherInstance
                : PrepareRefusal.SettledPoint;
            await PointAnswers.RefuseAsync(channel, point, Instance, why);
            return;
        }

        await _service.WhenIdle();
        if (State != TargetState.Receiving || point != Point || IsClosedToPoints || channel.Closed.IsCompleted)
        {
            return;
        }

        Transition(TargetEvent.Completed);
        _completing = lead is { } other
            ? PrepareAsync(channel, new PreparedPoint(point, takenAt, other))
            : ChooseAsync(channel, new CommittedPoint(point, core.Parts.NewId(), takenAt, core.Time.GetUtcNow()));
        await _completing;
    }

    /// <summary>The lead's choice about the point that is prepared here: recorded with the renewed maps, then told to site 1.</summary>
    public async Task SettleAsync(PointDecision decision)
    {
        if (State != TargetState.Prepared)
        {
            return;
        }

        if (_settling.IsCompleted)
        {
            if (decision.Choice == PointChoice.Undecided)
            {
                return;
            }

            _settling = FollowAsync(decision);
        }

        // Whoever hears of it second waits for the one who follows it.
        await _settling;
    }

    private async Task WhenSettledAsync()
    {
        await _settling;
        await _completing;
    }

    private async Task FollowAsync(PointDecision decision)
    {
        ulong point = Point;
        try
        {
            if (decision.Choice == PointChoice.Committed)
            {
                await core.ChangeRecordAsync(now => Commit(now, decision.Committed));
                await FollowChoiceAsync(decision.Committed);
            }
            else
            {
                await core.ChangeRecordAsync(now => now with { Prepared = PreparedPoint.None, SettledThrough = Math.Max(now.SettledThrough, point) });
                Point = 0;
                if (State == TargetState.Prepared)
                {
                    Transition(TargetEvent.GivenUp);
                }
            }
        }
        catch (IOException exception)
        {
            Failed(SuspendReason.RemoteMetadataFailed, exception);
            return;
        }

        await Settled(decision, point);
    }

    private async Task PrepareAsync(IPeerChannel channel, PreparedPoint prepared)
    {
        if (!await MakeDurableAsync(channel, now => now with { Prepared = prepared }))
        {
            return;
        }

        if (State == TargetState.Preparing)
        {
            Transition(TargetEvent.Prepared);
            await PointAnswers.TellPreparedAsync(channel, Point, Instance);
            Prepared();
        }
    }

    private async Task ChooseAsync(IPeerChannel channel, CommittedPoint committed)
    {
        bool isGivenUp = false;
        bool isDurable = await MakeDurableAsync(channel, now =>
        {
            // Another member asked meanwhile, and was told that the point is given up.
            isGivenUp = committed.Number <= now.SettledThrough;
            return isGivenUp ? now : Commit(now, committed);
        });
        if (!isDurable)
        {
            return;
        }

        if (isGivenUp)
        {
            Point = 0;
            if (State == TargetState.Preparing)
            {
                Transition(TargetEvent.Refused);
            }

            await PointAnswers.RefuseAsync(channel, committed.Number, Instance, PrepareRefusal.GivenUp);
            return;
        }

        await FollowChoiceAsync(committed);
        await PointAnswers.TellCommittedAsync(channel, committed);
    }

    private PairRecord Commit(PairRecord now, CommittedPoint committed) =>
        _service.WithCommit(now.WithCommitted(committed) with { TargetPoint = committed.Number }, committed).WithNamesOfKept() with { NeedsComparison = false };

    // What has arrived, the maps, then the record.
    private async Task<bool> MakeDurableAsync(IPeerChannel channel, Func<PairRecord, PairRecord> change)
    {
        ulong point = Point;
        SuspendReason part = _service.ArrivalsPart;
        try
        {
            if (!core.Parts.Faults.CommitBeforeDurable)
            {
                await _service.FlushArrivalsAsync();
            }

            part = SuspendReason.RemoteMetadataFailed;
            await _service.PersistMapsAsync();
            await core.ChangeRecordAsync(change);
            return true;
        }
        catch (IOException exception)
        {
            Instance = core.Parts.NewId();
            Point = 0;
            if (State == TargetState.Preparing)
            {
                Transition(TargetEvent.Refused);
            }

            await PointAnswers.RefuseAsync(channel, point, Instance, PrepareRefusal.FlushFailed);
            Failed(part, exception);
            return false;
        }
    }

    // A fault that came in between ends the receiving of points; the choice is made all the same, and the maps follow it.
    private async Task FollowChoiceAsync(CommittedPoint committed)
    {
        if (State is TargetState.Preparing or TargetState.Prepared)
        {
            Transition(TargetEvent.Decided);
        }

        await _service.RenewAsync();
        if (State == TargetState.Committing)
        {
            Transition(TargetEvent.Renewed);
        }

        Point = 0;
        core.Events.Report(PairEventId.PointCommitted, ("point", committed.Number), ("t1", committed.TakenAt), ("t2", committed.CommittedAt));
    }

    /// <summary>A storage failed: nothing more is taken; the committed image stands.</summary>
    public void BreakOff(SuspendReason reason, FaultText detail)
    {
        Fault = reason;
        FaultDetail = detail;
        Transition(TargetEvent.Fault);
    }
}

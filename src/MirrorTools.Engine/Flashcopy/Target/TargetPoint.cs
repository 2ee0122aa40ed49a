using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The driver of <see cref="TargetMachine"/>: receives a point, prepares it, makes the one durable choice and renews the maps (F-9). On the pair's scheduler.</summary>
internal sealed class TargetPoint(TargetCore core, ArrivalWriter arrivals)
{
    private Task _settling = Task.CompletedTask;
    private Task _completing = Task.CompletedTask;

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

    /// <summary>True while a recovery settles what is prepared: nothing more is, though site 1 may be connected.</summary>
    public bool IsClosedToPoints { get; set; }

    /// <summary>Completes when no point is being prepared or chosen.</summary>
    public Task WhenDecided() => _completing;

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
        await arrivals.WhenIdle();
        if (State is TargetState.Waiting or TargetState.Receiving && point > Math.Max(core.Record.LastCommitted.Number, core.Record.SettledThrough))
        {
            Transition(TargetEvent.PointBegan);
            Point = point;
        }
    }

    /// <summary>True where a grain that names this point may be taken.</summary>
    public bool Takes(ulong point) => State == TargetState.Receiving && (point == Point || core.Parts.Faults.AcceptStaleAcknowledgements);

    /// <summary>The point will not be completed over this session.</summary>
    public async Task GiveUpAsync(ulong point)
    {
        await arrivals.WhenIdle();
        if (State == TargetState.Receiving && (point == 0 || point == Point))
        {
            Transition(TargetEvent.GivenUp);
            Point = 0;
        }
    }

    /// <summary>Prepares (F-9): C, maps and record durable. Then chooses and renews the maps, or, where another member leads the group, waits for that one's choice.</summary>
    /// <param name="channel">Where the answer goes.</param>
    /// <param name="message">Site 1's message.</param>
    /// <param name="takenAt">t1.</param>
    /// <param name="lead">The pair that chooses; null where this one does.</param>
    public async Task CompleteAsync(IPeerChannel channel, PeerMessage message, DateTimeOffset takenAt, Guid? lead)
    {
        ulong point = message.Point;
        if (State == TargetState.Prepared && point == Point && lead is not null)
        {
            await AnswerPreparedAsync(channel);
            return;
        }

        if (message.Subject != Instance || State != TargetState.Receiving || point != Point || IsClosedToPoints)
        {
            PrepareRefusal why = point <= core.Record.SettledThrough ? PrepareRefusal.GivenUp
                : message.Subject != Instance ? PrepareRefusal.OtherInstance
                : PrepareRefusal.SettledPoint;
            await RefuseAsync(channel, point, why);
            return;
        }

        await arrivals.WhenIdle();
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

    /// <summary>This member leads: what it chose about a point that another one has prepared, or chooses now (F-9).</summary>
    /// <param name="asked">The prepared point.</param>
    /// <param name="announced">The point that site 1 says is under way, 0 for none; null where it has not said so since it connected.</param>
    /// <param name="force">Gives the point up where nothing is chosen yet: the group is being recovered.</param>
    public async Task<PointDecision> DecideAsync(PreparedPoint asked, ulong? announced, bool force)
    {
        if (force)
        {
            await _completing;
        }

        bool mayChoose = force || (announced is { } current && current != asked.Number);
        if (mayChoose && _completing.IsCompleted && core.Record.CommitOf(asked).IsNone && asked.Number > core.Record.SettledThrough)
        {
            try
            {
                await core.ChangeRecordAsync(now => now.CommitOf(asked).IsNone ? now with { SettledThrough = Math.Max(now.SettledThrough, asked.Number) } : now);
            }
            catch (IOException exception)
            {
                Failed(SuspendReason.RemoteMetadataFailed, exception);
                return PointDecision.Undecided;
            }
        }

        PairRecord record = core.Record;
        CommittedPoint commit = record.CommitOf(asked);
        return !commit.IsNone ? new PointDecision(PointChoice.Committed, commit)
            : asked.Number <= record.SettledThrough ? PointDecision.GivenUp
            : PointDecision.Undecided;
    }

    private async Task FollowAsync(PointDecision decision)
    {
        ulong point = Point;
        try
        {
            if (decision.Choice == PointChoice.Committed)
            {
                await core.ChangeRecordAsync(now => now.WithCommitted(decision.Committed) with { TargetPoint = point, NeedsComparison = false });
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
            await AnswerPreparedAsync(channel);
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
            return isGivenUp ? now : now.WithCommitted(committed) with { TargetPoint = committed.Number, NeedsComparison = false };
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

            await RefuseAsync(channel, committed.Number, PrepareRefusal.GivenUp);
            return;
        }

        await FollowChoiceAsync(committed);
        await TellCommittedAsync(channel, committed);
    }

    // C, the maps, then the record.
    private async Task<bool> MakeDurableAsync(IPeerChannel channel, Func<PairRecord, PairRecord> change)
    {
        ulong point = Point;
        SuspendReason part = SuspendReason.SecondIntermediateFailed;
        try
        {
            if (!core.Parts.Faults.CommitBeforeDurable)
            {
                await core.Intermediate.FlushAsync(CancellationToken.None);
            }

            part = SuspendReason.RemoteMetadataFailed;
            await core.Journal.PersistAllAsync();
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

            await RefuseAsync(channel, point, PrepareRefusal.FlushFailed);
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

        await RenewAsync();
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

    // The commit is durable: readers see the old image or the new one whole. A reader that stays delays the renewal, never the choice.
    private async Task RenewAsync()
    {
        while (true)
        {
            try
            {
                await core.Readers.CloseAsync(core.Parts.Options.GateDeadline);
                break;
            }
            catch (TimeoutException)
            {
                core.Events.Report(PairEventId.GateTimedOut, ("deadlineMs", (long)core.Parts.Options.GateDeadline.TotalMilliseconds));
            }
        }

        GrainMap brought;
        try
        {
            brought = core.Maps.Renew();
            core.Second.Pins.OnCommitted(brought);
            core.Journal.Epoch = TargetJournal.EpochOf(core.Record);
        }
        finally
        {
            core.Readers.Open();
        }

        core.Second.Enqueue(brought);
    }

    private Task AnswerPreparedAsync(IPeerChannel channel) =>
        AnswerAsync(channel, new PeerMessage(FlashcopyMessage.Prepared, 0, 0, Point, 0, 0, Instance), default);

    /// <summary>Tells site 1 of a commit.</summary>
    public static Task TellCommittedAsync(IPeerChannel channel, CommittedPoint committed) => AnswerAsync(
        channel, new PeerMessage(FlashcopyMessage.Committed, 0, 0, committed.Number, 0, 0, committed.Id), new PointTimes(committed.TakenAt, committed.CommittedAt).Encode());

    /// <summary>Tells site 1 that a prepared point was given up.</summary>
    public static Task TellGivenUpAsync(IPeerChannel channel, ulong point) =>
        AnswerAsync(channel, new PeerMessage(FlashcopyMessage.GivenUp, 0, 0, point, 0, 0, Guid.Empty), default);

    private async Task RefuseAsync(IPeerChannel channel, ulong point, PrepareRefusal why) =>
        await AnswerAsync(channel, new PeerMessage(FlashcopyMessage.Refused, 0, (uint)why, point, 0, 0, Instance), default);

    private static async Task AnswerAsync(IPeerChannel channel, PeerMessage message, ReadOnlyMemory<byte> payload)
    {
        try
        {
            await channel.SendAsync(message, payload, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
            // Site 1 asks again by its next greeting.
        }
    }
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The driver of <see cref="TargetMachine"/>: receives a point, prepares it, makes the one durable choice and renews the maps (F-9). On the pair's scheduler.</summary>
internal sealed class TargetPoint(TargetCore core, ArrivalWriter arrivals)
{
    /// <summary>Where the point stands.</summary>
    public TargetState State { get; private set; } = TargetState.Waiting;

    /// <summary>The point under way; 0 where there is none.</summary>
    public ulong Point { get; private set; }

    /// <summary>New after each start and each failed flush: a completion names the instance that has the grains (F-8).</summary>
    public Guid Instance { get; private set; } = core.Parts.NewId();

    /// <summary>Which storage failed.</summary>
    public SuspendReason Fault { get; private set; }

    /// <summary>What is behind the fault.</summary>
    public FaultText? FaultDetail { get; private set; }

    /// <summary>Told of a storage that failed.</summary>
    public required Action<SuspendReason, Exception> Failed { get; init; }

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
        if (State is TargetState.Waiting or TargetState.Receiving && point > core.Record.LastCommitted.Number)
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

    /// <summary>Prepares and decides (F-9): C, maps and record durable, then the choice, then the renewal.</summary>
    public async Task CompleteAsync(IPeerChannel channel, PeerMessage message, DateTimeOffset takenAt)
    {
        ulong point = message.Point;
        if (message.Subject != Instance || State != TargetState.Receiving || point != Point)
        {
            PrepareRefusal why = message.Subject != Instance ? PrepareRefusal.OtherInstance : PrepareRefusal.SettledPoint;
            await RefuseAsync(channel, point, why);
            return;
        }

        await arrivals.WhenIdle();
        if (State != TargetState.Receiving || point != Point || channel.Closed.IsCompleted)
        {
            return;
        }

        Transition(TargetEvent.Completed);
        CommittedPoint committed;
        SuspendReason part = SuspendReason.SecondIntermediateFailed;
        try
        {
            if (!core.Parts.Faults.CommitBeforeDurable)
            {
                await core.Intermediate.FlushAsync(CancellationToken.None);
            }

            part = SuspendReason.RemoteMetadataFailed;
            await core.Journal.PersistAllAsync();
            committed = new CommittedPoint(point, core.Parts.NewId(), takenAt, core.Time.GetUtcNow());
            await core.ChangeRecordAsync(now => now.WithCommitted(committed) with { TargetPoint = point, NeedsComparison = false });
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
            return;
        }

        // A fault that came in between ends the receiving of points; the choice is made all the same, and the maps follow it.
        if (State == TargetState.Preparing)
        {
            Transition(TargetEvent.Decided);
        }

        await RenewAsync();
        if (State == TargetState.Committing)
        {
            Transition(TargetEvent.Renewed);
        }

        Point = 0;
        core.Events.Report(PairEventId.PointCommitted, ("point", point), ("t1", committed.TakenAt), ("t2", committed.CommittedAt));
        await AnswerAsync(channel, new PeerMessage(FlashcopyMessage.Committed, 0, 0, point, 0, 0, committed.Id),
            new PointTimes(committed.TakenAt, committed.CommittedAt).Encode());
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

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Stops mirroring and lets it go on, with hosts untouched by either (F-22, F-29, P-8).</summary>
internal sealed class SourceSuspension(SourceCore core, SourceCycle cycle)
{
    // A command of an admin's at a time: what each of them does with B must not be undone by one that began earlier.
    private readonly SerialGate _commands = new();

    /// <summary>What is behind the suspension.</summary>
    public string? Detail { get; private set; }

    /// <summary>Why; the record says so a moment later.</summary>
    public SuspendReason Reason { get; private set; } = core.Journal.Record.Suspended;

    /// <summary>True where a full file system is behind it.</summary>
    public bool IsStorageFull { get; private set; } = core.Journal.Record.IsStorageFull;

    /// <summary>Suspends mirroring; hosts are released first, the record follows.</summary>
    public async Task SuspendAsync(SuspendReason reason, FaultText fault)
    {
        while (true)
        {
            await cycle.WhenStableAsync();
            if (cycle.State is SourceState.Suspended or SourceState.Failed)
            {
                await OutweighAsync(reason, fault.Detail);
                return;
            }

            if (cycle.State is SourceState.Idle or SourceState.InDoubt or SourceState.Lent)
            {
                break;
            }

            if (cycle.IsAsked && cycle.Session is not null && reason == SuspendReason.Requested && cycle.Outcome is { } outcome)
            {
                await WaitForDecisionAsync(outcome);
            }

            await core.Group.GiveUpAsync(reason.ToString());
        }

        cycle.Transition(SourceEvent.Suspend);
        (Reason, Detail, IsStorageFull) = (reason, fault.Detail, fault.IsFull);
        PairEventId what = reason switch
        {
            SuspendReason.FirstIntermediateFailed => PairEventId.FirstIntermediateFailed,
            SuspendReason.SourceUnreadable => PairEventId.SourceUnreadable,
            SuspendReason.SecondIntermediateFailed => PairEventId.SecondIntermediateFailed,
            SuspendReason.TargetFailed => PairEventId.TargetFailed,
            SuspendReason.MetadataFailed or SuspendReason.RemoteMetadataFailed => PairEventId.MetadataFailed,
            _ => PairEventId.Suspended,
        };
        if (what != PairEventId.Suspended)
        {
            core.Events.Report(what, ("detail", fault.Detail));
        }

        if (fault.IsFull)
        {
            core.Events.Report(PairEventId.StorageFull, ("part", reason), ("detail", fault.Detail));
        }

        core.Events.Report(PairEventId.Suspended, ("reason", reason), ("detail", fault.Detail));
        if (reason == SuspendReason.FirstIntermediateFailed)
        {
            core.Journal.IntermediateIsDown = true;
            await StopUsingFutureAsync();
        }

        await RecordAsync(reason, fault.IsFull);
    }

    /// <summary>Makes sure that nothing is in B alone; throws where that is not so.</summary>
    public Func<Task> EmptyIntermediate { get; set; } = static () => Task.CompletedTask;

    /// <summary>Resumes; the next session settles what site 2 knows.</summary>
    public async Task ResumeAsync()
    {
        using SerialGate.Turn turn = await _commands.EnterAsync(CancellationToken.None);
        if (cycle.State != SourceState.Suspended)
        {
            throw new PairException(PairError.PairNotSuspended, "The pair is not suspended. Get-MirrorPair shows its state.");
        }

        PairRecord record = core.Journal.Record;
        if (IsForGood(record.Suspended))
        {
            throw new PairException(PairError.SplitBrain, SplitBrainText(record));
        }

        await MergeRetiringAsync();
        if (record.Suspended == SuspendReason.FirstIntermediateFailed)
        {
            // What B holds is not to be trusted after a fault; what site 2 holds is.
            await ForgetIntermediateAsync();
            core.Journal.IntermediateIsDown = false;
        }

        await core.Journal.ChangeAsync(static now => IsForGood(now.Suspended) ? now : now with { Suspended = SuspendReason.None, IsStorageFull = false });
        if (cycle.State != SourceState.Suspended || core.Journal.Record.Suspended != SuspendReason.None)
        {
            // Another admin's command was quicker, or meanwhile the other side has said that it went on.
            return;
        }

        (Detail, IsStorageFull) = (null, false);
        if (record.FirstIntermediateLent)
        {
            cycle.Transition(SourceEvent.Lend);
        }
        else
        {
            core.Maps.Mode = core.Maps.Mode with { MarksFuture = true };
            cycle.Transition(SourceEvent.Resume);
        }

        core.Events.Report(PairEventId.Resumed);
    }

    /// <summary>Lends B (F-29).</summary>
    public async Task LendAsync()
    {
        using SerialGate.Turn turn = await _commands.EnterAsync(CancellationToken.None);
        await EmptyIntermediate();
        if (cycle.State != SourceState.Idle)
        {
            throw new PairException(
                cycle.State == SourceState.Suspended ? PairError.PairSuspended : PairError.CycleRunning,
                $"The first intermediate can be lent between cycles only; the pair is {cycle.State}. Wait-FlashcopyCycle waits for a cycle's end.");
        }

        cycle.Transition(SourceEvent.Lend);
        await core.Journal.ChangeAsync(static now => now with { FirstIntermediateLent = true });
        await StopUsingFutureAsync();
        core.Maps.InB.Reset(false);
        core.Maps.TouchAll();
        core.Events.Report(PairEventId.FirstIntermediateLent, ("lent", true));
    }

    /// <summary>Takes B back (F-29).</summary>
    public async Task ReturnAsync()
    {
        using SerialGate.Turn turn = await _commands.EnterAsync(CancellationToken.None);
        if (cycle.State != SourceState.Lent && !core.Journal.Record.FirstIntermediateLent)
        {
            throw new PairException(PairError.NoCycleRunning, "The first intermediate is not lent. Get-MirrorPair shows the pair's state.");
        }

        await MergeRetiringAsync();
        await ForgetIntermediateAsync();
        await core.Journal.ChangeAsync(static now => now with { FirstIntermediateLent = false });
        if (cycle.State == SourceState.Lent)
        {
            core.Maps.Mode = core.Maps.Mode with { MarksFuture = true };
            cycle.Transition(SourceEvent.Return);
        }

        core.Events.Report(PairEventId.FirstIntermediateLent, ("lent", false));
    }

    // Renews the maps and lets writes clear the halves instead of marking a future that no cycle will see. Writes that are in flight still mark the map
    // that retires, so it is merged after they have left.
    private async Task StopUsingFutureAsync()
    {
        GrainMap retiring = core.Maps.Mode.Future;
        core.Maps.Mode = new WriteMode { Future = core.Maps.TakeSpare(), MarksFuture = false };
        try
        {
            await core.Gate.Requests.GraceAsync(core.Options.GateDeadline);
        }
        catch (TimeoutException)
        {
            // A write hangs in the source: its mark may come late. Nothing in flight is known to be equal, so everything it may touch stays marked twice.
            core.Maps.Mode = core.Maps.Mode with { Retiring = retiring };
            return;
        }

        core.Maps.Renew(retiring, beginsCycle: false);
    }

    // Durable before the record says that B is in use again, or a crash would bring back maps that trust what B held before.
    private async Task ForgetIntermediateAsync()
    {
        core.Maps.InB.Reset(false);
        core.Maps.TouchAll();
        await core.Journal.PersistAllAsync();
    }

    // A write hung when B was given up: the map it had marked was set aside, and what it marks has to be sent.
    private async Task MergeRetiringAsync()
    {
        if (core.Maps.Mode.Retiring is not { } retiring)
        {
            return;
        }

        try
        {
            await core.Gate.Requests.GraceAsync(core.Options.GateDeadline);
        }
        catch (TimeoutException exception)
        {
            throw new PairException(PairError.GateTimedOut,
                $"A write stays in flight for more than {core.Options.GateDeadline.TotalSeconds} s. Look at the source storage, then use Resume-MirrorPair again.", exception);
        }

        if (core.Maps.Mode.Retiring == retiring)
        {
            core.Maps.Renew(retiring, beginsCycle: false);
            core.Maps.Mode = core.Maps.Mode with { Retiring = null };
        }
    }

    // That the other side has gone on outweighs what the pair was suspended for: it must not be forgotten by a restart (P-6).
    private async Task OutweighAsync(SuspendReason reason, string detail)
    {
        if (IsForGood(reason) && core.Journal.Record.Suspended != reason)
        {
            (Detail, IsStorageFull) = (detail, false);
            core.Events.Report(PairEventId.Suspended, ("reason", reason), ("detail", detail));
            await RecordAsync(reason, isStorageFull: false);
        }
    }

    private async Task WaitForDecisionAsync(Task outcome)
    {
        try
        {
            await outcome.WithDeadline(core.Options.DecisionDeadline, core.Time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // Site 2 does not answer: the suspension comes first, and the next session asks.
        }
    }

    private async Task RecordAsync(SuspendReason reason, bool isStorageFull)
    {
        try
        {
            await core.Journal.ChangeAsync(now => now with { Suspended = reason, IsStorageFull = isStorageFull });
        }
        catch (IOException exception)
        {
            core.Events.Report(PairEventId.MetadataFailed, ("detail", exception.Message));
        }
    }

    // Only an admin's word about the two generations ends these.
    private static bool IsForGood(SuspendReason reason) => reason is SuspendReason.OldGeneration or SuspendReason.SplitBrain;

    private static string SplitBrainText(PairRecord record) =>
        "Both sides went on without each other, or the other side was recovered and this one may hold writes that it lacks. This side's generations: "
        + string.Join(", ", record.Generations.Items.Select(item => $"{item.Id:N} since {item.Since:O}"))
        + ". Resume-MirrorPair -DiscardChangesOn AGENT says whose changes to give up.";
}

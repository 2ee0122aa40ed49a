using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

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
        await core.Service.OnSuspendedAsync(reason);
        await RecordAsync(reason, fault.IsFull);
    }

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

        await core.Service.PrepareResumeAsync(record.Suspended);
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
            core.Service.OnResumed();
            cycle.Transition(SourceEvent.Resume);
        }

        core.Events.Report(PairEventId.Resumed);
    }

    /// <summary>Lends B (F-29).</summary>
    public async Task LendAsync()
    {
        using SerialGate.Turn turn = await _commands.EnterAsync(CancellationToken.None);
        await core.Service.PrepareLoanAsync();
        if (cycle.State != SourceState.Idle)
        {
            throw new PairException(
                cycle.State == SourceState.Suspended ? PairError.PairSuspended : PairError.CycleRunning,
                $"The first intermediate can be lent between cycles only; the pair is {cycle.State}. Wait-FlashcopyCycle waits for a cycle's end.");
        }

        cycle.Transition(SourceEvent.Lend);
        await core.Journal.ChangeAsync(static now => now with { FirstIntermediateLent = true });
        await core.Service.OnLentAsync();
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

        await core.Service.PrepareReturnAsync();
        await core.Journal.ChangeAsync(static now => now with { FirstIntermediateLent = false });
        if (cycle.State == SourceState.Lent)
        {
            core.Service.OnResumed();
            cycle.Transition(SourceEvent.Return);
        }

        core.Events.Report(PairEventId.FirstIntermediateLent, ("lent", false));
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

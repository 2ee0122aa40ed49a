using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Makes the committed image the source of a new generation (F-16). On the pair's scheduler.</summary>
internal sealed class TargetRecovery(TargetCore core, TargetPoint point, TargetSession session, TargetSettlement settlement)
{
    /// <summary>Ends all that runs by itself at this side.</summary>
    public required Func<Task> Stop { get; init; }

    /// <summary>Recovers; afterwards nothing runs any more, and the new generation is durable.</summary>
    /// <param name="force">Recovers even though site 1 is connected, or the committed image is not trusted.</param>
    /// <exception cref="PairException">Nothing was committed yet, what was is not trusted, or site 1 is still reachable.</exception>
    public async Task<CommittedPoint> RunAsync(bool force)
    {
        if (core.Record.Prepared.IsNone)
        {
            ThrowIfNothingCommitted();
        }

        if (session.IsConnected && !force)
        {
            throw new PairException(PairError.SourceStillReachable,
                "The source is still connected. Stop its hosts and agent, or use Invoke-MirrorRecovery -Force to recover all the same; its side will then refuse hosts.");
        }

        if (!force)
        {
            ThrowIfDistrusted();
        }

        await SettleAsync();

        // Nothing may write the log beside the recovery: its last block says that it was left clean.
        await Stop();
        point.Transition(TargetEvent.Recover);
        await core.Service.PrepareRecoveryAsync();
        Generation generation = new(core.Parts.NewId(), core.Time.GetUtcNow(), core.Parts.AgentId);
        PairRecord record = core.Record;
        await core.ChangeRecordAsync(now => now.Recovered(generation));
        core.Events.Report(PairEventId.Recovered,
            ("point", record.LastCommitted.Number), ("t1", record.LastCommitted.TakenAt), ("generation", generation.Id));
        return record.LastCommitted;
    }

    /// <summary>Refuses where what was committed may not be what the image shows.</summary>
    /// <exception cref="PairException">It is so.</exception>
    public void ThrowIfDistrusted()
    {
        if (core.Record.NeedsComparison)
        {
            throw new PairException(PairError.CopyNotTrusted,
                "A storage of this side was written while the pair was closed, and no point was committed since: what it shows may not be what was committed. "
                + "Start-FlashcopyCycle at the source's agent compares it and commits; Invoke-MirrorRecovery -Force takes it as it is.");
        }
    }

    /// <summary>Refuses where there is no image.</summary>
    /// <exception cref="PairException">It is so.</exception>
    public void ThrowIfNothingCommitted()
    {
        if (core.Record.LastCommitted.IsNone)
        {
            throw new PairException(PairError.NoCommittedPoint,
                "Nothing was committed yet, so there is nothing to recover. Get-FlashcopyCycle shows how far the first cycle is.");
        }
    }

    private async Task SettleAsync()
    {
        point.IsClosedToPoints = true;
        try
        {
            await point.WhenDecided();
            await settlement.SettleNowAsync();
            ThrowIfNothingCommitted();
        }
        catch
        {
            point.IsClosedToPoints = false;
            throw;
        }
    }
}

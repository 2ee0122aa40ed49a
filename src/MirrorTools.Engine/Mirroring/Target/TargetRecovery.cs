using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Makes the committed image the source of a new generation (F-16). On the pair's scheduler.</summary>
internal sealed class TargetRecovery(TargetCore core, TargetPoint point, TargetPoints points, TargetSession session, TargetSettlement settlement)
{
    /// <summary>Ends all that runs by itself at this side.</summary>
    public required Func<Task> Stop { get; init; }

    /// <summary>Recovers; afterwards nothing runs any more, and the new generation is durable.</summary>
    /// <param name="force">Recovers even though site 1 is connected, or the committed image is not trusted.</param>
    /// <param name="number">A retained point; null for the last committed one.</param>
    /// <exception cref="PairException">Nothing was committed yet, what was is not trusted, site 1 is still reachable, or the point is not kept.</exception>
    public async Task<CommittedPoint> RunAsync(bool force, ulong? number)
    {
        CommittedPoint? older = number is { } wanted ? (await HoldAsync(force, wanted)).Point : null;
        if (older is null)
        {
            ThrowIfRefused(force);
            await SettleAsync();
        }

        // Nothing may write the log beside the recovery: its last block says that it was left clean.
        await Stop();
        point.Transition(TargetEvent.Recover);
        await core.Service.PrepareRecoveryAsync();
        Generation generation = new(core.Parts.NewId(), core.Time.GetUtcNow(), core.Parts.AgentId);
        CommittedPoint newest = core.Record.LastCommitted;
        CommittedPoint recovered = older ?? newest;

        // The one durable choice: from here on this side is the source at that point, whatever ends it.
        await core.ChangeRecordAsync(now => now.Recovered(generation, recovered));
        core.Events.Report(PairEventId.Recovered,
            ("point", recovered.Number), ("t1", recovered.TakenAt), ("generation", generation.Id), ("newest", newest.Number));
        return recovered;
    }

    /// <summary>Settles what is prepared, and holds a point that is recovered to: the commit of a newer one does not end it, nor does want of room.</summary>
    /// <exception cref="PairException">As <see cref="RunAsync"/>.</exception>
    public async Task<HeldPoint> HoldAsync(bool force, ulong number)
    {
        ThrowIfRefused(force);
        HeldPoint held = new(core.Control);
        try
        {
            if (core.Service.RetainsPoints && number != core.Record.Prepared.Number)
            {
                held.Pin = await PinAsync(number);
            }

            await SettleAsync();
            held.Reopen = point.ReopenToPoints;
            held.Point = held.Pin?.Point ?? points.Find(number);
            if (held.Pin is null && number != core.Record.LastCommitted.Number)
            {
                held.Pin = await PinAsync(number);
            }

            return held;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    private async Task<PinnedPoint?> PinAsync(ulong number)
    {
        CommittedPoint wanted = points.Find(number);
        try
        {
            if (wanted == core.Record.LastCommitted)
            {
                await core.Service.WhenImageIsCurrentAsync();
            }
        }
        catch (PairException slow) when (slow.Error == PairError.GateTimedOut)
        {
            // A reader still has the image before it, and no newer point can be chosen before that one has left.
            return null;
        }

        PinnedPoint pin = core.Service.Pin(points.Find(number));
        pin.IsHeld = true;
        return pin;
    }

    private void ThrowIfRefused(bool force)
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
        point.CloseToPoints();
        try
        {
            await point.WhenDecided();
            await settlement.SettleNowAsync();
            ThrowIfNothingCommitted();
        }
        catch
        {
            point.ReopenToPoints();
            throw;
        }
    }
}

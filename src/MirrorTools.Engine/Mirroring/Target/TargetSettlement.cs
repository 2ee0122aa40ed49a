using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>Asks a group's lead what became of the point that this member has prepared, until it is known (F-9). On the pair's scheduler.</summary>
internal sealed class TargetSettlement(TargetCore core, TargetPoint point)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private Task _asking = Task.CompletedTask;

    /// <summary>Asks from now on, in the background.</summary>
    public void Begin(CancellationToken stop)
    {
        if (_asking.IsCompleted)
        {
            _asking = core.Flows.WatchAsync(AskUntilSettledAsync(stop));
        }
    }

    /// <summary>Completes when nobody is asked any more.</summary>
    public Task WhenIdle() => _asking;

    /// <summary>Has the lead choose now, and follows its choice: before a recovery.</summary>
    /// <exception cref="PairException">The lead can't be asked.</exception>
    public async Task SettleNowAsync()
    {
        PreparedPoint prepared = core.Record.Prepared;
        if (prepared.IsNone)
        {
            return;
        }

        if (point.State != TargetState.Prepared)
        {
            throw new PairException(PairError.StorageFailed,
                $"A storage of this side failed while point {prepared.Number} was prepared. Resume-MirrorPair opens it anew; recover then.");
        }

        await AskAndFollowAsync(prepared, force: true);
        if (point.State == TargetState.Prepared)
        {
            throw new PairException(PairError.InDoubt,
                $"Point {prepared.Number} is prepared here, and whether it was committed is for another pair of the group to say ({prepared.Lead:N}), which can't be asked now. "
                + "Get-MirrorPair shows that pair's state; recover it first.");
        }
    }

    private async Task AskUntilSettledAsync(CancellationToken stop)
    {
        while (point.State == TargetState.Prepared && !stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(s_pause, core.Time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (point.State == TargetState.Prepared)
            {
                await AskAndFollowAsync(core.Record.Prepared, force: false);
            }
        }
    }

    // An answer may come so late that a newer point is prepared meanwhile: it says nothing about that one.
    private async Task AskAndFollowAsync(PreparedPoint prepared, bool force)
    {
        PointDecision decision = await AskAsync(prepared, force);
        if (core.Record.Prepared == prepared)
        {
            await point.SettleAsync(decision);
        }
    }

    private async Task<PointDecision> AskAsync(PreparedPoint prepared, bool force)
    {
        if (core.Parts.Faults.ForgetPreparedPoints)
        {
            return PointDecision.GivenUp;
        }

        try
        {
            return await core.Parts.AskLead(prepared, force).WithDeadline(core.Parts.Options.DecisionDeadline, core.Time, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or ObjectDisposedException)
        {
            return PointDecision.Undecided;
        }
    }
}

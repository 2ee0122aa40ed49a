using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>The maximum increment timer: an increment that has had its time is given up. A length that is set while it runs counts from its beginning. On the pair's scheduler.</summary>
/// <param name="core">The parts of site 1.</param>
/// <param name="cycle">The increment's cycle.</param>
/// <param name="giveUp">Gives the increment up, for a reason.</param>
internal sealed class IncrementTimer(SourceCore core, SourceCycle cycle, Func<string, Task> giveUp)
{
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);

    private CancellationTokenSource? _stop;
    private ulong _point;
    private long _began;
    private DateTimeOffset _startedAt;

    /// <summary>The timer as it runs; null where no increment is under way.</summary>
    public RunningTimer? Running => _stop is null ? null : new RunningTimer(_startedAt, core.Options.MaximumIncrement);

    /// <summary>The point runs.</summary>
    public void Start(ulong point)
    {
        (_point, _began, _startedAt) = (point, core.Time.GetTimestamp(), core.Time.GetUtcNow());
        Watch();
    }

    /// <summary>Its length was set anew.</summary>
    public void Adjust()
    {
        if (_stop is not null)
        {
            Watch();
        }
    }

    /// <summary>The increment is over.</summary>
    public void Stop()
    {
        _stop?.Cancel();
        _stop = null;
    }

    private void Watch()
    {
        Stop();
        _stop = new CancellationTokenSource();
        _ = core.Flows.WatchAsync(ExpireAsync(_point, core.Options.MaximumIncrement, _stop.Token));
    }

    private async Task ExpireAsync(ulong point, TimeSpan longest, CancellationToken cancellationToken)
    {
        TimeSpan left = longest - core.Time.GetElapsedTime(_began);
        try
        {
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, core.Time, cancellationToken);
            while (cycle.Point == point && cycle.State != SourceState.Copying)
            {
                // It is being decided. Where no answer comes, or a refusal, it is copied again, and has had its time.
                await Task.Delay(s_lookAgain, core.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (cycle.Point == point)
        {
            core.Events.Report(PairEventId.IncrementTimedOut, ("point", point), ("deadlineMs", (long)longest.TotalMilliseconds));
            await giveUp("IncrementTimedOut");
        }
    }
}

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Begins cycles by the schedule (F-10). A tick that meets a running cycle is part of it: ticks are coalesced, never queued.</summary>
/// <param name="time">The clock.</param>
/// <param name="canStart">True where a cycle may begin now.</param>
/// <param name="hasChanges">True where the source has changed since the last point.</param>
/// <param name="start">Begins a cycle; must not throw.</param>
internal sealed class CycleLoop(TimeProvider time, Func<bool> canStart, Func<bool> hasChanges, Func<Task> start)
{
    /// <summary>No two points of a continuous pair are closer than this.</summary>
    public static readonly TimeSpan ContinuousPause = TimeSpan.FromSeconds(1);

    private CancellationTokenSource _changed = new();

    /// <summary>The schedule in force.</summary>
    public CycleSchedule Schedule { get; private set; } = CycleSchedule.Manual;

    /// <summary>When the last point was taken.</summary>
    public DateTimeOffset LastPointAt { get; set; } = DateTimeOffset.MinValue;

    /// <summary>The next tick; null where none is planned.</summary>
    public DateTimeOffset? NextTickAt { get; private set; }

    /// <summary>Exchanges the schedule.</summary>
    public void Set(CycleSchedule schedule)
    {
        Schedule = schedule;
        Nudge();
    }

    /// <summary>Looks again at once: a cycle has ended.</summary>
    public void Nudge()
    {
        CancellationTokenSource before = _changed;
        _changed = new CancellationTokenSource();
        before.Cancel();
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            CancellationTokenSource changed = _changed;
            using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, changed.Token);
            DateTimeOffset now = time.GetUtcNow();
            NextTickAt = Schedule.NextTick?.Invoke(now);
            TimeSpan pause = Schedule.IsContinuous ? WholeMilliseconds(LastPointAt + ContinuousPause - now)
                : NextTickAt is { } tick ? WholeMilliseconds(tick - now)
                : Timeout.InfiniteTimeSpan;
            try
            {
                // Timers are bounded to under 50 days; a far tick is looked at again each day.
                bool isFar = pause > TimeSpan.FromDays(1);
                await Task.Delay(isFar ? TimeSpan.FromDays(1) : pause, time, wait.Token);
                if (isFar)
                {
                    continue;
                }
            }
            catch (OperationCanceledException)
            {
                continue;
            }

            if (canStart() && (!Schedule.IsContinuous || hasChanges()))
            {
                await start();
            }

            if (Schedule.IsContinuous)
            {
                await PauseAsync(wait.Token);
            }
        }
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(ContinuousPause, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Something changed: look again.
        }
    }

    // Timers cut to whole milliseconds: a wait that is rounded down ends before its tick, finds the same tick again, and spins until it has passed.
    private static TimeSpan WholeMilliseconds(TimeSpan pause) =>
        pause <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(pause.TotalMilliseconds));
}

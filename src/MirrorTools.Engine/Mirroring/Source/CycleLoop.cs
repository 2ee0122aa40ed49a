namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// Begins cycles by the schedule (F-10). A tick that meets a running cycle is part of it: ticks are coalesced, never queued. After a point was given up it tries again with back-off, whether or not a
/// tick is due.
/// </summary>
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

    /// <summary>What holds the next point back after some were given up.</summary>
    public BackOff BackOff { get; } = new(time);

    /// <summary>When the last point was taken.</summary>
    public DateTimeOffset LastPointAt { get; set; } = DateTimeOffset.MinValue;

    /// <summary>The next tick; null where none is planned.</summary>
    public DateTimeOffset? NextTickAt { get; private set; }

    /// <summary>When the loop tries again after a point was given up; null where it does not wait for that.</summary>
    public DateTimeOffset? NextTryAt => Schedule.IsContinuous || NextTickAt is not null ? BackOff.NextTryAt : null;

    /// <summary>Exchanges the schedule.</summary>
    public void Set(CycleSchedule schedule)
    {
        Schedule = schedule;
        BackOff.Reset();
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
            bool isRetry = NextTryAt is not null;
            TimeSpan pause = DueAt() is { } due ? WholeMilliseconds(due - now) : Timeout.InfiniteTimeSpan;
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

            if (Schedule.IsContinuous || isRetry)
            {
                await PauseAsync(wait.Token);
            }
        }
    }

    // A tick that falls into the wait after a point was given up is part of the next try (A-8, F-10).
    private DateTimeOffset? DueAt()
    {
        DateTimeOffset? due = Schedule.IsContinuous ? LastPointAt + ContinuousPause : NextTryAt ?? NextTickAt;
        return NextTryAt is { } nextTry && nextTry > due ? nextTry : due;
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

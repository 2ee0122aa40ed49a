namespace MirrorTools.Simulation.Scheduling;

/// <summary>A timer on simulated time.</summary>
internal sealed class SimTimer(SimProcess process, TimerCallback callback, object? state) : ITimer
{
    private SimEvent? _next;
    private TimeSpan _period;
    private bool _disposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
        {
            return false;
        }

        _next?.Cancel();
        _next = null;
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Arm(dueTime);
        }

        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        _next?.Cancel();
        _next = null;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Arm(TimeSpan dueTime) => _next = process.Scheduler.Schedule(dueTime, Fire, "timer", process);

    private void Fire()
    {
        _next = null;
        if (_period > TimeSpan.Zero)
        {
            Arm(_period);
        }

        callback(state);
    }
}

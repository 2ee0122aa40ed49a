namespace MirrorTools.Engine.Tests.Journal;

/// <summary>A clock whose timers go off only when the test says so.</summary>
internal sealed class StillTime : TimeProvider
{
    private readonly List<StillTimer> _timers = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        StillTimer timer = new(this, () => callback(state));
        lock (_timers)
        {
            _timers.Add(timer);
        }

        return timer;
    }

    /// <summary>Lets every timer go off that is set now.</summary>
    public void ExpireAll()
    {
        StillTimer[] timers;
        lock (_timers)
        {
            timers = [.. _timers];
            _timers.Clear();
        }

        Array.ForEach(timers, timer => timer.Expire());
    }

    private sealed class StillTimer(StillTime time, Action expire) : ITimer
    {
        public void Expire() => expire();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            lock (time._timers)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>A clock that stands still until it is moved; timers go off where it is moved.</summary>
internal sealed class ModelClock : TimeProvider
{
    private readonly List<ModelTimer> _timers = [];
    private long _nowTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _nowTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ModelTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        long until = _nowTicks + by.Ticks;
        while (_timers.Where(timer => timer.DueTicks <= until).MinBy(timer => timer.DueTicks) is { } next)
        {
            _nowTicks = Math.Max(_nowTicks, next.DueTicks);
            next.Expire();
        }

        _nowTicks = until;
    }

    private sealed class ModelTimer(ModelClock clock, Action expire) : ITimer
    {
        public long DueTicks { get; private set; } = long.MaxValue;

        public void Expire()
        {
            DueTicks = long.MaxValue;
            expire();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            DueTicks = dueTime < TimeSpan.Zero ? long.MaxValue : clock._nowTicks + dueTime.Ticks;
            return true;
        }

        public void Dispose() => clock._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

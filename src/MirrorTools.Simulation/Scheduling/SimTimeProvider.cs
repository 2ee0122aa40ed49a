namespace MirrorTools.Simulation.Scheduling;

/// <summary>A process's clock: simulated time plus the skew of its machine.</summary>
public sealed class SimTimeProvider : TimeProvider
{
    private readonly SimProcess _process;

    internal SimTimeProvider(SimProcess process) => _process = process;

    /// <summary>How far the machine's wall clock is off; the monotonic clock is never.</summary>
    public TimeSpan Skew { get; set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _process.Scheduler.UtcNow + Skew;

    /// <inheritdoc/>
    public override long GetTimestamp() => _process.Scheduler.Now.Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimTimer(_process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

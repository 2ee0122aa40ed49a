namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>When cycles begin by themselves (F-10).</summary>
public sealed record CycleSchedule
{
    /// <summary>Only when asked for.</summary>
    public static CycleSchedule Manual { get; } = new();

    /// <summary>At the commit of the one before, as soon as something has changed, and not within a second of the last point.</summary>
    public static CycleSchedule Continuous { get; } = new() { IsContinuous = true };

    /// <summary>True for <see cref="Continuous"/>.</summary>
    public bool IsContinuous { get; private init; }

    /// <summary>The next tick after an instant; null where the schedule has no ticks.</summary>
    public Func<DateTimeOffset, DateTimeOffset?>? NextTick { get; private init; }

    /// <summary>Ticks at an interval, counted from the schedule's start.</summary>
    /// <param name="interval">The interval; at least a second.</param>
    /// <param name="start">An instant that is a tick.</param>
    public static CycleSchedule Every(TimeSpan interval, DateTimeOffset start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.FromSeconds(1));
        return new CycleSchedule
        {
            NextTick = after => start + (interval * (Math.Floor((after - start) / interval) + 1)),
        };
    }

    /// <summary>Ticks where a function says so, such as a cron expression in a time zone.</summary>
    public static CycleSchedule At(Func<DateTimeOffset, DateTimeOffset?> nextTick) => new() { NextTick = nextTick };
}

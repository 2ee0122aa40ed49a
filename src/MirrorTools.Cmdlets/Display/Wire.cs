namespace MirrorTools.Cmdlets.Display;

/// <summary>Turns milliseconds and counts of the wire into what objects show.</summary>
internal static class Wire
{
    /// <summary>A duration; null where it is absent.</summary>
    public static TimeSpan? Duration(double? milliseconds) =>
        milliseconds is { } value ? TimeSpan.FromTicks((long)(value * TimeSpan.TicksPerMillisecond)) : null;

    /// <summary>Milliseconds of a duration; null where it is absent.</summary>
    public static long? Milliseconds(TimeSpan? duration) => duration is { } value ? (long)value.TotalMilliseconds : null;

    /// <summary>0 to 100; an empty cycle is complete when it has ended.</summary>
    public static int Percent(long done, long total, bool ended) =>
        total <= 0 ? (ended ? 100 : 0) : (int)(100.0 * Math.Min(Math.Max(done, 0), total) / total);
}

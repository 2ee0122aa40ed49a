using System.Globalization;

namespace MirrorTools.Cmdlets.Display;

/// <summary>Durations for people: the two largest units.</summary>
public static class DurationText
{
    /// <summary>Writes a duration; empty where it is absent.</summary>
    /// <param name="duration">The duration.</param>
    public static string Of(TimeSpan? duration) => duration is { } value ? OfValue(value) : "";

    private static string OfValue(TimeSpan value)
    {
        if (value < TimeSpan.Zero)
        {
            return "-" + OfValue(value.Negate());
        }

        return value switch
        {
            { TotalMilliseconds: < 1000 } => Text("{0:0} ms", value.TotalMilliseconds),
            { TotalSeconds: < 60 } => Text("{0:0.#} s", Math.Floor(value.TotalSeconds * 10) / 10),
            { TotalMinutes: < 60 } => Text("{0:0} min {1:0} s", Math.Floor(value.TotalMinutes), value.Seconds),
            { TotalHours: < 24 } => Text("{0:0} h {1:0} min", Math.Floor(value.TotalHours), value.Minutes),
            _ => Text("{0:0} d {1:0} h", Math.Floor(value.TotalDays), value.Hours),
        };
    }

    private static string Text(string format, params object[] values) => string.Format(CultureInfo.InvariantCulture, format, values);
}

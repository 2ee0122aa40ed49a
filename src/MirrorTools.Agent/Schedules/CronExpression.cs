namespace MirrorTools.Agent.Schedules;

/// <summary>
/// A cron expression of five fields (minute, hour, day of month, month, day of week) in a time zone. Where both day fields are restricted, either one suffices, as in
/// Vixie cron. When clocks are set forward, a fixed time that does not exist happens at the first minute that does; when they are set back, a fixed time
/// happens once and an interval goes on at its pace.
/// </summary>
public sealed class CronExpression
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    // Longer than from one 29 February to the next across a century.
    private static readonly TimeSpan Horizon = TimeSpan.FromDays(366 * 9);

    // More than any time zone's offset ever changed at once.
    private static readonly TimeSpan LargestShift = TimeSpan.FromHours(26);

    private readonly CronField _minutes, _hours, _monthDays, _months, _weekDays;

    private CronExpression(string text, CronField minutes, CronField hours, CronField monthDays, CronField months, CronField weekDays) =>
        (Text, _minutes, _hours, _monthDays, _months, _weekDays) = (text, minutes, hours, monthDays, months, weekDays);

    /// <summary>The expression as it was given.</summary>
    public string Text { get; }

    private bool IsInterval => _minutes.IsInterval || _hours.IsInterval;

    /// <summary>Parses an expression.</summary>
    /// <exception cref="FormatException">It is none, or never happens; the message says why.</exception>
    public static CronExpression Parse(string text)
    {
        var fields = Expand(text.Trim()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
        {
            throw new FormatException($"'{text}' has {fields.Length} fields instead of five: minute, hour, day of month, month, day of week.");
        }

        var weekDays = CronField.Parse(fields[4], "day of week", 0, 7, Days);
        var sunday = weekDays.Contains(7) ? weekDays with { Bits = weekDays.Bits | 1 } : weekDays;
        var expression = new CronExpression(
            text,
            CronField.Parse(fields[0], "minute", 0, 59, []),
            CronField.Parse(fields[1], "hour", 0, 23, []),
            CronField.Parse(fields[2], "day of month", 1, 31, []),
            CronField.Parse(fields[3], "month", 1, 12, Months),
            sunday);
        return expression.NextWall(new DateTime(2000, 1, 1)) is null
            ? throw new FormatException($"'{text}' never happens: no such month has that day.")
            : expression;
    }

    /// <summary>The first instant after <paramref name="after"/> at which it happens, on a whole minute.</summary>
    public DateTimeOffset Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        var instant = Floor(after.UtcDateTime);
        var before = Local(instant, zone);
        while (true)
        {
            instant += TimeSpan.FromMinutes(1);
            var wall = Local(instant, zone);
            if (Matches(wall, instant, zone) || HappensInGap(before, wall))
            {
                return new DateTimeOffset(instant, TimeSpan.Zero);
            }

            before = wall;
            var next = NextWall(wall) ?? throw new InvalidOperationException($"'{Text}' never happens.");
            if (next - wall > LargestShift + LargestShift)
            {
                instant += next - wall - LargestShift;
                before = Local(instant, zone);
            }
        }
    }

    private static string Expand(string text) => text.ToLowerInvariant() switch
    {
        "@hourly" => "0 * * * *",
        "@daily" or "@midnight" => "0 0 * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" or "@annually" => "0 0 1 1 *",
        _ => text,
    };

    private static DateTime Floor(DateTime time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMinute), DateTimeKind.Utc);

    private static DateTime Local(DateTime instant, TimeZoneInfo zone) => TimeZoneInfo.ConvertTimeFromUtc(instant, zone);

    private bool Matches(DateTime wall, DateTime instant, TimeZoneInfo zone)
    {
        if (!Matches(wall))
        {
            return false;
        }

        // The hour that comes twice: a fixed time belongs to its first pass, which has the larger offset.
        return IsInterval || !zone.IsAmbiguousTime(wall) || zone.GetUtcOffset(instant) == zone.GetAmbiguousTimeOffsets(wall).Max();
    }

    private bool Matches(DateTime wall) => _minutes.Contains(wall.Minute) && _hours.Contains(wall.Hour) && MatchesDay(wall);

    private bool MatchesDay(DateTime wall)
    {
        var monthDay = _monthDays.Contains(wall.Day);
        var weekDay = _weekDays.Contains((int)wall.DayOfWeek);
        return _months.Contains(wall.Month) && (_monthDays.IsStar || _weekDays.IsStar ? monthDay && weekDay : monthDay || weekDay);
    }

    // True where clocks jumped over a fixed time.
    private bool HappensInGap(DateTime before, DateTime wall)
    {
        if (IsInterval)
        {
            return false;
        }

        for (var skipped = before.AddMinutes(1); skipped < wall; skipped = skipped.AddMinutes(1))
        {
            if (Matches(skipped))
            {
                return true;
            }
        }

        return false;
    }

    // The first matching wall clock time after another, time zones left aside.
    private DateTime? NextWall(DateTime after)
    {
        var end = after + Horizon;
        for (var wall = after.AddMinutes(1); wall < end;)
        {
            if (!MatchesDay(wall))
            {
                wall = wall.Date.AddDays(1);
            }
            else if (!_hours.Contains(wall.Hour))
            {
                wall = wall.Date.AddHours(wall.Hour + 1);
            }
            else if (!_minutes.Contains(wall.Minute))
            {
                wall = wall.AddMinutes(1);
            }
            else
            {
                return wall;
            }
        }

        return null;
    }
}

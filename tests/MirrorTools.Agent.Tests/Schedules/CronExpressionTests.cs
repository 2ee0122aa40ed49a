using System.Globalization;
using MirrorTools.Agent.Schedules;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Schedules;

public sealed class CronExpressionTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [Rule("F-10")]
    [InlineData("* * * * *", "2026-11-20T10:00:30Z", "2026-11-20T10:01:00Z")]
    [InlineData("*/15 * * * *", "2026-11-20T10:01:00Z", "2026-11-20T10:15:00Z")]
    [InlineData("0 3 * * *", "2026-11-20T03:00:00Z", "2026-11-21T03:00:00Z")]
    [InlineData("30 4 1,15 * *", "2026-11-20T00:00:00Z", "2026-12-01T04:30:00Z")]
    [InlineData("0 0 * * 5", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z")]
    [InlineData("0 0 * * mon-fri", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z")]
    [InlineData("0 0 13 * fri", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z")]
    [InlineData("0 0 13 * *", "2026-11-20T00:00:00Z", "2026-12-13T00:00:00Z")]
    [InlineData("0 12 29 feb *", "2026-11-20T00:00:00Z", "2028-02-29T12:00:00Z")]
    [InlineData("5-10/5 8-9 * * *", "2026-11-20T08:06:00Z", "2026-11-20T08:10:00Z")]
    [InlineData("@hourly", "2026-11-20T08:06:00Z", "2026-11-20T09:00:00Z")]
    [InlineData("0 0 31 * *", "2026-11-20T00:00:00Z", "2026-12-31T00:00:00Z")]
    public void The_next_tick_in_UTC(string expression, string after, string expected) =>
        Assert.Equal(Instant(expected), CronExpression.Parse(expression).Next(Instant(after), TimeZoneInfo.Utc));

    [Theory]
    // 2026-03-29 02:00 becomes 03:00 (01:00 UTC).
    [InlineData("30 2 * * *", "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("*/20 * * * *", "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 */2 * * *", "2026-03-28T23:45:00Z", "2026-03-29T02:30:00Z")]
    // 2026-10-25 03:00 becomes 02:00 (01:00 UTC).
    [InlineData("30 2 * * *", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("0 4 1 1 *", "2026-03-01T00:00:00Z", "2027-01-01T03:00:00Z")]
    [InlineData("15 2 29 3 *", "2025-04-01T00:00:00Z", "2026-03-29T01:00:00Z")]
    public void The_next_tick_where_clocks_are_changed(string expression, string after, string expected) =>
        Assert.Equal(Instant(expected), CronExpression.Parse(expression).Next(Instant(after), Berlin));

    [Theory]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("America/St_Johns")]
    [InlineData("Pacific/Apia")]
    [InlineData("Europe/Berlin")]
    public void Every_tick_of_a_year_is_what_a_walk_over_all_minutes_finds(string zoneName)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        var start = Instant("2011-01-01T00:00:00Z");
        var interval = CronExpression.Parse("7,37 */3 * * *");
        List<DateTimeOffset> walked = [];
        for (var instant = start.AddMinutes(1); instant < start.AddYears(1); instant = instant.AddMinutes(1))
        {
            var wall = TimeZoneInfo.ConvertTime(instant, zone);
            if (wall is { Minute: 7 or 37, Hour: 0 or 3 or 6 or 9 or 12 or 15 or 18 or 21 })
            {
                walked.Add(instant);
            }
        }

        List<DateTimeOffset> found = [];
        for (var tick = interval.Next(start, zone); tick < start.AddYears(1); tick = interval.Next(tick, zone))
        {
            found.Add(tick);
        }

        Assert.Equal(walked, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* 24 * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("* * * 13 *")]
    [InlineData("* * * * 8")]
    [InlineData("5-1 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("a * * * *")]
    [InlineData("1,, * * * *")]
    [InlineData("-1 * * * *")]
    [InlineData("0 0 31 2 *")]
    [InlineData("0 0 30 feb *")]
    public void What_is_no_expression_or_never_happens_is_refused(string expression) =>
        Assert.Throws<FormatException>(() => CronExpression.Parse(expression));

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}

using System.Globalization;
using MirrorTools.Agent.Control;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Agent.Schedules;

/// <summary>When a pair's cycles begin (F-10).</summary>
public sealed record PairSchedule
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromDays(366);

    /// <summary>Only when an admin starts one.</summary>
    public static PairSchedule Manual { get; } = new();

    /// <summary>What begins a cycle.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Manual;

    /// <summary>The interval of <see cref="ScheduleKind.Every"/>.</summary>
    public TimeSpan Every { get; init; }

    /// <summary>The expression of <see cref="ScheduleKind.Cron"/>.</summary>
    public string? Cron { get; init; }

    /// <summary>The IANA name of the expression's time zone.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Checks what an admin asks for.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.ScheduleInvalid"/> or <see cref="ErrorIds.TimeZoneNotFound"/>.</exception>
    public static PairSchedule Parse(ScheduleInfo asked)
    {
        var kind = Query.Name(asked.Kind, ScheduleKind.Manual, "kind of schedule");
        if ((asked.EveryMs is not null && kind != ScheduleKind.Every) || (asked.Cron is not null && kind != ScheduleKind.Cron)
            || (asked.TimeZone is not null && kind != ScheduleKind.Cron))
        {
            throw new ControlException(ErrorIds.ScheduleInvalid, $"A schedule of the kind {kind} takes no interval, expression or time zone of another kind.");
        }

        return kind switch
        {
            ScheduleKind.Every => new PairSchedule { Kind = kind, Every = Interval(asked.EveryMs) },
            ScheduleKind.Cron => new PairSchedule { Kind = kind, Cron = Expression(asked.Cron).Text, TimeZone = Zone(asked.TimeZone) },
            _ => new PairSchedule { Kind = kind },
        };
    }

    /// <summary>The first tick after an instant; null for the kinds that have none.</summary>
    /// <param name="anchor">An instant that is a tick of an interval.</param>
    /// <param name="after">The instant.</param>
    public DateTimeOffset? NextTick(DateTimeOffset anchor, DateTimeOffset after) => Kind switch
    {
        ScheduleKind.Every => anchor + (Every * (Math.Floor((after - anchor) / Every) + 1)),
        ScheduleKind.Cron => CronExpression.Parse(Cron!).Next(after, TimeZoneInfo.FindSystemTimeZoneById(TimeZone!)),
        _ => null,
    };

    /// <summary>The contract's form.</summary>
    public ScheduleInfo ToInfo() => new()
    {
        Kind = Kind.ToString(),
        EveryMs = Kind == ScheduleKind.Every ? (long)Every.TotalMilliseconds : null,
        Cron = Cron,
        TimeZone = TimeZone,
    };

    /// <summary>For events.</summary>
    public override string ToString() => Kind switch
    {
        ScheduleKind.Every => string.Create(CultureInfo.InvariantCulture, $"every {Every}"),
        ScheduleKind.Cron => $"'{Cron}' in {TimeZone}",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    private static TimeSpan Interval(long? everyMs) => everyMs is { } ms && ms >= ShortestInterval.TotalMilliseconds && ms <= LongestInterval.TotalMilliseconds
        ? TimeSpan.FromMilliseconds(ms)
        : throw new ControlException(ErrorIds.ScheduleInvalid, $"An interval is from {ShortestInterval.TotalSeconds} s to {LongestInterval.TotalDays} days, not {everyMs} ms.");

    private static CronExpression Expression(string? text)
    {
        try
        {
            return CronExpression.Parse(text ?? "");
        }
        catch (FormatException error)
        {
            throw new ControlException(ErrorIds.ScheduleInvalid, error.Message, text, error);
        }
    }

    private static string Zone(string? name)
    {
        var id = string.IsNullOrEmpty(name) ? "Etc/UTC" : name;
        return TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone)
            ? zone.HasIanaId ? zone.Id : TimeZoneInfo.TryConvertWindowsIdToIanaId(zone.Id, out var iana) ? iana : zone.Id
            : throw new ControlException(ErrorIds.TimeZoneNotFound, $"There is no time zone '{name}'.", name);
    }
}

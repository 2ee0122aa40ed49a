using System.Management.Automation;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Cmdlets.Schedules;

/// <summary>
/// Lets a schedule be given as <c>Manual</c>, <c>Continuous</c>, a duration such as <c>5m</c>, five cron fields with an optional zone in parentheses, or an
/// object of Get-MirrorSchedule.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ScheduleAttribute : ArgumentTransformationAttribute
{
    private const int CronFields = 5;

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return data switch
        {
            null or ScheduleInfo => data,
            MirrorSchedule schedule => schedule.ToInfo(),
            TimeSpan every => Every(every),
            string text when text.Trim().Length == 0 => null,
            string text => Parse(text.Trim()),
            _ => throw Unreadable(data.ToString() ?? ""),
        };
    }

    private static ScheduleInfo Parse(string text)
    {
        if (Enum.TryParse<ScheduleKind>(text, ignoreCase: true, out var kind) && kind is ScheduleKind.Manual or ScheduleKind.Continuous)
        {
            return new ScheduleInfo { Kind = kind.ToString() };
        }

        var duration = WithoutPrefix(text, "Every");
        if (DurationAttribute.TryParse(duration, out var every))
        {
            return Every(every);
        }

        var cron = WithoutPrefix(text, "Cron");
        string? zone = null;
        var open = cron.IndexOf('(');
        if (open > 0 && cron.EndsWith(")", StringComparison.Ordinal))
        {
            zone = cron.Substring(open + 1, cron.Length - open - 2).Trim();
            cron = cron.Substring(0, open).Trim();
        }

        return cron.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length == CronFields
            ? new ScheduleInfo { Kind = nameof(ScheduleKind.Cron), Cron = cron, TimeZone = zone }
            : throw Unreadable(text);
    }

    private static ScheduleInfo Every(TimeSpan every) => every >= TimeSpan.FromSeconds(1)
        ? new ScheduleInfo { Kind = nameof(ScheduleKind.Every), EveryMs = (long)every.TotalMilliseconds }
        : throw new ArgumentTransformationMetadataException("The interval of a schedule is at least one second.");

    private static string WithoutPrefix(string text, string prefix) =>
        text.StartsWith(prefix + " ", StringComparison.OrdinalIgnoreCase) ? text.Substring(prefix.Length).Trim() : text;

    private static ArgumentTransformationMetadataException Unreadable(string text) => new(
        $"'{text}' is not a schedule. Give Manual, Continuous, an interval such as 5m, or five cron fields such as '0 2 * * * (Europe/Berlin)'.");
}

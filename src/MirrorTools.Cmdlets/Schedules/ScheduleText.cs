using MirrorTools.Cmdlets.Display;

namespace MirrorTools.Cmdlets.Schedules;

/// <summary>A schedule in one phrase, as New-MirrorPair -Schedule takes it.</summary>
internal static class ScheduleText
{
    /// <summary>Writes it.</summary>
    public static string Of(string kind, TimeSpan? every, string? cron, string? timeZone) => kind switch
    {
        "Every" => $"Every {DurationText.Of(every)}",
        "Cron" => timeZone is null ? $"Cron {cron}" : $"Cron {cron} ({timeZone})",
        _ => kind,
    };
}

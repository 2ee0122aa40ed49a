namespace MirrorTools.Contracts.Schedules;

/// <summary>When the next cycle of a pair starts (F-10).</summary>
public enum ScheduleKind
{
    /// <summary>Only <c>Start-FlashcopyCycle</c> starts one.</summary>
    Manual,

    /// <summary>At the commit of the one before, as soon as something changed.</summary>
    Continuous,

    /// <summary>At a fixed interval.</summary>
    Every,

    /// <summary>At the times of a cron expression in a time zone.</summary>
    Cron,
}

using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Schedules;

/// <summary>A pair's schedule, both as it is set and as it is shown.</summary>
[DataContract]
public sealed class ScheduleInfo
{
    /// <summary>A name of <see cref="ScheduleKind"/>.</summary>
    [DataMember(Name = "kind")]
    public string Kind { get => field ?? ""; set; }

    /// <summary>The interval; for <c>Every</c> only.</summary>
    [DataMember(Name = "everyMs", EmitDefaultValue = false)]
    public long? EveryMs { get; set; }

    /// <summary>Five fields: minute, hour, day of month, month, day of week; for <c>Cron</c> only.</summary>
    [DataMember(Name = "cron", EmitDefaultValue = false)]
    public string? Cron { get; set; }

    /// <summary>The IANA zone of the cron expression; UTC where absent.</summary>
    [DataMember(Name = "timeZone", EmitDefaultValue = false)]
    public string? TimeZone { get; set; }

    /// <summary>The pair's name. Shown, not set.</summary>
    [DataMember(Name = "pair", EmitDefaultValue = false)]
    public string? Pair { get; set; }

    /// <summary>The pair's id. Shown, not set.</summary>
    [DataMember(Name = "pairId", EmitDefaultValue = false)]
    public string? PairId { get; set; }

    /// <summary>When the next cycle is due (ISO 8601, UTC). Shown, not set.</summary>
    [DataMember(Name = "nextAt", EmitDefaultValue = false)]
    public string? NextAt { get; set; }

    /// <summary>When the schedule last started one (ISO 8601, UTC). Shown, not set.</summary>
    [DataMember(Name = "lastAt", EmitDefaultValue = false)]
    public string? LastAt { get; set; }

    /// <summary>Ticks that fell into a running cycle since the agent started. Shown, not set.</summary>
    [DataMember(Name = "coalescedTicks")]
    public long CoalescedTicks { get; set; }
}

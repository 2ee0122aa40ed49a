using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Cmdlets.Schedules;

/// <summary>When the next cycle of a pair starts.</summary>
public sealed class MirrorSchedule
{
    internal MirrorSchedule(ScheduleInfo info, MirrorAgentReference agent)
    {
        Agent = agent;
        Pair = info.Pair;
        PairId = info.PairId;
        Kind = info.Kind;
        Every = Wire.Duration(info.EveryMs);
        Cron = info.Cron;
        TimeZone = info.TimeZone;
        NextAt = WireTime.Read(info.NextAt);
        LastAt = WireTime.Read(info.LastAt);
        CoalescedTicks = info.CoalescedTicks;
    }

    /// <summary>The pair's name.</summary>
    public string? Pair { get; }

    /// <summary>The pair's id.</summary>
    public string? PairId { get; }

    /// <summary><c>Manual</c>, <c>Continuous</c>, <c>Every</c> or <c>Cron</c>.</summary>
    public string Kind { get; }

    /// <summary>The interval.</summary>
    public TimeSpan? Every { get; }

    /// <summary>The cron expression.</summary>
    public string? Cron { get; }

    /// <summary>Its IANA zone.</summary>
    public string? TimeZone { get; }

    /// <summary>When the next cycle is due.</summary>
    public DateTimeOffset? NextAt { get; }

    /// <summary>When it last started one.</summary>
    public DateTimeOffset? LastAt { get; }

    /// <summary>Ticks that fell into a running cycle.</summary>
    public long CoalescedTicks { get; }

    /// <summary>The agent that said so.</summary>
    public MirrorAgentReference Agent { get; }

    /// <summary>The schedule as it can be set, for another pair too.</summary>
    internal ScheduleInfo ToInfo() => new()
    {
        Kind = Kind,
        EveryMs = Wire.Milliseconds(Every),
        Cron = Cron,
        TimeZone = TimeZone,
    };

    /// <inheritdoc/>
    public override string ToString() => ScheduleText.Of(Kind, Every, Cron, TimeZone);
}

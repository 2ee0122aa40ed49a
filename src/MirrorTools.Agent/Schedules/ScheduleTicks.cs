using MirrorTools.Contracts;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Schedules;

/// <summary>A pair's schedule as the engine runs it, with what an admin wants to see of its ticks: the next, the last, and how many met a running cycle (F-10).</summary>
/// <param name="schedule">What was set.</param>
/// <param name="anchor">An instant that is a tick of an interval: when the schedule was set, or the pair was opened.</param>
/// <param name="isCycleRunning">Asked when a tick has passed.</param>
public sealed class ScheduleTicks(PairSchedule schedule, DateTimeOffset anchor, Func<bool> isCycleRunning)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _next;
    private DateTimeOffset? _last;
    private long _coalesced;

    /// <summary>What was set.</summary>
    public PairSchedule Schedule => schedule;

    /// <summary>The engine's form.</summary>
    public CycleSchedule ToEngine() => schedule.Kind switch
    {
        ScheduleKind.Continuous => CycleSchedule.Continuous,
        ScheduleKind.Every or ScheduleKind.Cron => CycleSchedule.At(NextTick),
        _ => CycleSchedule.Manual,
    };

    /// <summary>The contract's form.</summary>
    public ScheduleInfo Describe(string pair, Guid pairId)
    {
        var info = schedule.ToInfo();
        lock (_gate)
        {
            (info.Pair, info.PairId) = (pair, pairId.ToString());
            (info.NextAt, info.LastAt, info.CoalescedTicks) = (WireTime.Write(_next), WireTime.Write(_last), _coalesced);
        }

        return info;
    }

    private DateTimeOffset? NextTick(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_next is { } passed && passed <= now)
            {
                _last = passed;
                _coalesced += isCycleRunning() ? 1 : 0;
            }

            _next = schedule.NextTick(anchor, now);
            return _next;
        }
    }
}

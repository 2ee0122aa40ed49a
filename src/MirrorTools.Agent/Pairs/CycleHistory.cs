using System.Globalization;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>The last cycles of a pair as an admin sees them: committed ones from the metadata, others since the agent's start.</summary>
internal sealed class CycleHistory
{
    private const int KeptAtMost = 200;
    private readonly Lock _gate = new();
    private readonly SortedList<long, CycleInfo> _cycles = [];

    /// <summary>True once a point is known to be committed.</summary>
    public bool HasCommitted { get; private set; }

    /// <summary>Fills in what the metadata knows.</summary>
    public void Load(PairRecord record)
    {
        foreach (var point in record.RecentPoints)
        {
            Change((long)point.Number, point.TakenAt, cycle =>
            {
                SetCommitted(cycle, point.CommittedAt);
                cycle.HoldMs = point.Number == record.LastCommitted.Number ? record.LastHold?.TotalMilliseconds : null;
            });
        }
    }

    /// <summary>Follows an event of the engine.</summary>
    public void On(PairEvent happened)
    {
        string? Argument(string name) => happened.Arguments.FirstOrDefault(argument => argument.Key == name).Value;
        if (!long.TryParse(Argument("point"), out var number))
        {
            return;
        }

        if (long.TryParse(Argument("linkBytes"), out var linkBytes))
        {
            Change(number, null, cycle => cycle.BytesOnLink = linkBytes);
        }

        DateTimeOffset? taken = WireTime.TryRead(Argument("t1"), out var t1) ? t1 : null;
        switch (happened.Id)
        {
            case PairEventId.PointTaken:
                Change(number, taken ?? happened.At, cycle =>
                {
                    cycle.State = nameof(CycleState.Copying);
                    cycle.HoldMs = double.TryParse(Argument("heldMs"), CultureInfo.InvariantCulture, out var held) ? held : null;
                });
                break;
            case PairEventId.PointCommitted:
                Change(number, taken, cycle => SetCommitted(cycle, WireTime.TryRead(Argument("t2"), out var t2) ? t2 : happened.At));
                break;
            case PairEventId.PointGivenUp:
                Change(number, taken, cycle => SetEnded(cycle, CycleState.GivenUp, happened.At, Argument("reason")));
                break;
            case PairEventId.PointSuperseded:
                Change(number, taken, cycle =>
                {
                    SetEnded(cycle, CycleState.Superseded, happened.At, null);
                    cycle.SupersededBy = long.TryParse(Argument("by"), out var by) ? by : null;
                });
                break;
        }
    }

    /// <summary>Why the next point is taken, in words that are recorded with it.</summary>
    public string NextReason { get; set; } = "Schedule";

    /// <summary>Changes one cycle, which is made where it is not known.</summary>
    public void Change(long number, DateTimeOffset? takenAt, Action<CycleInfo> change)
    {
        lock (_gate)
        {
            if (!_cycles.TryGetValue(number, out var cycle))
            {
                cycle = new CycleInfo { Number = number, State = nameof(CycleState.Copying), Reason = NextReason };
                _cycles.Add(number, cycle);
                if (_cycles.Count > KeptAtMost)
                {
                    _cycles.RemoveAt(0);
                }
            }

            cycle.PointTime = takenAt is { } instant ? WireTime.Write(instant) : cycle.PointTime;
            change(cycle);
        }
    }

    /// <summary>The cycles, newest first.</summary>
    public List<CycleInfo> List(int take)
    {
        lock (_gate)
        {
            return [.. _cycles.Values.Reverse().Take(take).Select(Copy)];
        }
    }

    /// <summary>One cycle; null where it is not known.</summary>
    public CycleInfo? Find(long number)
    {
        lock (_gate)
        {
            return _cycles.TryGetValue(number, out var cycle) ? Copy(cycle) : null;
        }
    }

    private void SetCommitted(CycleInfo cycle, DateTimeOffset committedAt)
    {
        HasCommitted = true;
        cycle.State = nameof(CycleState.Committed);
        cycle.CommittedAt = cycle.EndedAt = WireTime.Write(committedAt);
        (cycle.GrainsDone, cycle.BytesDone, cycle.TimeLeftMs) = (cycle.GrainsTotal, cycle.BytesTotal, null);
    }

    private static void SetEnded(CycleInfo cycle, CycleState state, DateTimeOffset at, string? reason)
    {
        cycle.State = state.ToString();
        cycle.EndedAt = WireTime.Write(at);
        cycle.TimeLeftMs = null;
        if (state == CycleState.GivenUp)
        {
            cycle.ErrorId = ErrorIds.CycleGivenUp;
            cycle.Message = $"The cycle was given up ({reason}); the point before it stands.";
        }
    }

    private static CycleInfo Copy(CycleInfo cycle) => new()
    {
        Number = cycle.Number,
        State = cycle.State,
        Reason = cycle.Reason,
        PointTime = cycle.PointTime,
        HoldMs = cycle.HoldMs,
        CompletedAt = cycle.CompletedAt,
        CommittedAt = cycle.CommittedAt,
        EndedAt = cycle.EndedAt,
        GrainsTotal = cycle.GrainsTotal,
        GrainsDone = cycle.GrainsDone,
        BytesTotal = cycle.BytesTotal,
        BytesDone = cycle.BytesDone,
        BytesOnLink = cycle.BytesOnLink,
        BytesPerSecond = cycle.BytesPerSecond,
        TimeLeftMs = cycle.TimeLeftMs,
        SupersededBy = cycle.SupersededBy,
        ErrorId = cycle.ErrorId,
        Message = cycle.Message,
    };
}

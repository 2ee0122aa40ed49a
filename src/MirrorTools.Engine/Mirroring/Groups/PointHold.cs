using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>The writes of the group's volumes at this agent, held for a point: from here to its end no write is acknowledged (F-2, A-2).</summary>
internal sealed class PointHold
{
    private readonly WriteGate _gate;
    private readonly SourceCycle[] _members;
    private readonly TimeProvider _time;
    private long _closedAt;
    private bool _isClosed;
    private bool _isOver;

    private PointHold(WriteGate gate, SourceCycle[] members, TimeProvider time) => (_gate, _members, _time) = (gate, members, time);

    /// <summary>How long writes in flight may hold a point up.</summary>
    public static TimeSpan DeadlineOf(IEnumerable<SourceCycle> members) => members.Max(static member => member.GateDeadline);

    /// <summary>Lets the writes in flight end, and holds those that come. Long writes first, while the copiers still bring what they wait for.</summary>
    /// <returns>Null where they did not end by the deadline: nothing is held then.</returns>
    public static async Task<PointHold?> TryBeginAsync(WriteGate gate, SourceCycle[] members, TimeProvider time)
    {
        TimeSpan deadline = DeadlineOf(members);
        try
        {
            await gate.LongWrites.CloseAsync(deadline);
        }
        catch (TimeoutException)
        {
            Array.ForEach(members, static member => member.ReportGateTimedOut());
            return null;
        }

        PointHold hold = new(gate, members, time);
        bool isHeld = false;
        try
        {
            return (isHeld = await hold.CloseAsync(deadline)) ? hold : null;
        }
        finally
        {
            if (!isHeld)
            {
                hold.End();
            }
        }
    }

    /// <summary>The instant of the point: nothing is awaited between the first member and the last.</summary>
    public void Exchange(DateTimeOffset takenAt) => Array.ForEach(_members, member => member.Exchange(takenAt));

    /// <summary>Hosts go on.</summary>
    public void End()
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        if (_isClosed)
        {
            _gate.Requests.Open();
            TimeSpan held = _time.GetElapsedTime(_closedAt);
            Array.ForEach(_members, member => member.LastGateTime = held);
        }

        _gate.LongWrites.Open();
    }

    private async Task<bool> CloseAsync(TimeSpan deadline)
    {
        foreach (SourceCycle member in _members)
        {
            if (!await member.BeforePointAsync())
            {
                return false;
            }
        }

        Array.ForEach(_members, static member => member.PrepareExchange());
        _closedAt = _time.GetTimestamp();
        try
        {
            if (!_members[0].LetsWritesPast)
            {
                await _gate.Requests.CloseAsync(deadline);
                _isClosed = true;
            }

            foreach (SourceCycle member in _members)
            {
                await member.WriteBeforePointAsync();
            }

            return true;
        }
        catch (TimeoutException)
        {
            Array.ForEach(_members, static member => member.ReportGateTimedOut());
            return false;
        }
    }
}

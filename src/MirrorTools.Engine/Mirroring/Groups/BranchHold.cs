using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>One point that a branch was asked to hold its writes for, until it runs or is abandoned. On the group's scheduler.</summary>
/// <param name="group">The members at this agent.</param>
/// <param name="point">The point.</param>
/// <param name="time">The clock.</param>
internal sealed class BranchHold(PointGroup group, ulong point, TimeProvider time)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SourceCycle[] _members = [];
    private PointHold? _hold;
    private string? _abandoned;

    /// <summary>The point.</summary>
    public ulong Point => point;

    /// <summary>True while the writes are held.</summary>
    public bool IsHeld => _hold is not null;

    /// <summary>The run timer, once the writes are held.</summary>
    public RunningTimer? RunTimer { get; set; }

    /// <summary>Completes when the point runs or is abandoned.</summary>
    public Task Over => _over.Task;

    /// <summary>Told where the writes can't be held.</summary>
    public required Action<PairException> Failed { get; init; }

    /// <summary>Holds the writes.</summary>
    /// <returns>False where it came to nothing; the members are then as before.</returns>
    public async Task<bool> BeginAsync()
    {
        _members = group.RequestPointHere();
        try
        {
            await group.ReserveAsync(_members, point);
            PointHold? hold = _abandoned is null ? await PointHold.TryBeginAsync(group.Gate, _members, time) : null;
            if (hold is not null && _abandoned is null)
            {
                _hold = hold;
                return true;
            }

            hold?.End();
            await PointGroup.AbandonAsync(_members, _abandoned ?? nameof(PairError.GateTimedOut));
            Failed(PointGroup.GateTimedOut(_members));
        }
        catch (PairException exception)
        {
            await PointGroup.AbandonAsync(_members, "MetadataFailed");
            group.SuspendUnreserved();
            Failed(exception);
        }

        _over.TrySetResult();
        return false;
    }

    /// <summary>The instant of the point; hosts go on.</summary>
    public void Run(DateTimeOffset takenAt)
    {
        PointHold hold = _hold!;
        _hold = null;
        _over.TrySetResult();
        hold.Exchange(takenAt);
        hold.End();
        Array.ForEach(_members, member => member.BeginPoint(point));
    }

    /// <summary>The simulation's deliberate fault: hosts go on, and the point may still run.</summary>
    public void LetGo() => _hold?.End();

    /// <summary>Hosts go on, at once; the point is not taken.</summary>
    public async Task AbandonAsync(string reason)
    {
        _abandoned = reason;
        if (_hold is { } hold)
        {
            _hold = null;
            hold.End();
            _over.TrySetResult();
            await PointGroup.AbandonAsync(_members, reason);
            Failed(new PairException(PairError.GateTimedOut, $"Point {point} was not taken here: {reason}."));
        }
    }
}

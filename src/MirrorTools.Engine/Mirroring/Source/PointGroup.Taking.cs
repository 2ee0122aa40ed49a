using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <content>How a point is taken: every agent of the group holds its writes, then it runs at all of them (F-2, A-2, A-3).</content>
public sealed partial class PointGroup
{
    private (SourceCycle Member, IOException Failure)? _unreserved;

    /// <summary>The smallest number that suits this agent's members.</summary>
    internal ulong NextPointHere => _members.Count == 0 ? 1 : _members.Max(static member => member.NextPoint);

    /// <summary>Names an admin's wish for a point.</summary>
    internal Guid NewWish() => _members[0].NewId();

    /// <summary>Takes a point of all members (F-2); with one under way, the new one supersedes it on all of them (F-12).</summary>
    /// <exception cref="PairException">There is none, and why.</exception>
    internal async Task<ulong> TakePointAsync(bool supersede)
    {
        if (ObstacleHere(supersede) is { } obstacle)
        {
            throw obstacle;
        }

        if (_branch is not null)
        {
            return await _branch.AskForPointAsync(supersede);
        }

        if (_coordinator is not null)
        {
            await _coordinator.WhenReadyAsync(supersede, HoldDeadline);
            if (ObstacleHere(supersede) is { } newer)
            {
                throw newer;
            }
        }

        ulong superseded = Point;
        SourceCycle[] members = RequestPointHere();
        ulong point = Math.Max(NextPointHere, _coordinator?.NextPoint ?? 0);
        Task running;
        try
        {
            running = await RunAsync(members, point, supersede);
        }
        catch (PairException exception)
        {
            _coordinator?.TellGivenUp(point, exception.Error.ToString());
            if (superseded != 0)
            {
                _coordinator?.TellGivenUp(superseded, exception.Error.ToString());
            }

            await AbandonAsync(members, exception.Error == PairError.StorageFailed ? "MetadataFailed" : exception.Error.ToString());
            SuspendUnreserved();
            throw;
        }

        await BeginCopyingHereAsync(point);
        try
        {
            await running;
        }
        catch (PairException exception) when (Point == point)
        {
            await GiveUpAsync(exception.Error.ToString());
            throw;
        }

        return point;
    }

    /// <summary>Why this agent's members can't take a point now; null where they can.</summary>
    internal PairException? ObstacleHere(bool supersede)
    {
        if (!IsComplete)
        {
            return new PairException(PairError.GroupIncomplete,
                $"{_local.Length - _members.Count} of the group's {_local.Length} pairs are not open, so no point can be taken of all of them. Get-MirrorPair shows which.");
        }

        try
        {
            _members.ForEach(member => member.ThrowUnlessPossible(supersede));
            return null;
        }
        catch (PairException exception)
        {
            return exception;
        }
    }

    /// <summary>Begins to take a point of this agent's members.</summary>
    internal SourceCycle[] RequestPointHere()
    {
        SourceCycle[] members = [.. _members];
        Array.ForEach(members, static member => member.RequestPoint());
        return members;
    }

    /// <summary>Makes durable that the number is used.</summary>
    /// <exception cref="PairException">The metadata of a member can't be written; <see cref="SuspendUnreserved"/> is to follow.</exception>
    internal async Task ReserveAsync(SourceCycle[] members, ulong point)
    {
        foreach (SourceCycle member in members)
        {
            if (await member.ReserveAsync(point) is { } failure)
            {
                _unreserved = (member, failure);
                throw new PairException(PairError.StorageFailed, $"No point was taken: the pair's metadata can't be written ({failure.Message}).", failure);
            }
        }
    }

    /// <summary>Suspends the member whose metadata could not be written, where there is one.</summary>
    internal void SuspendUnreserved()
    {
        if (_unreserved is var (member, failure))
        {
            _unreserved = null;
            member.SuspendForMetadata(failure);
        }
    }

    /// <summary>No point is taken; one that was to be superseded is over, too.</summary>
    internal static async Task AbandonAsync(SourceCycle[] members, string reason)
    {
        foreach (SourceCycle member in members)
        {
            await member.AbandonAsync(reason);
        }
    }

    /// <summary>The other sites are told of the point, and its content begins to travel.</summary>
    internal async Task BeginCopyingHereAsync(ulong point)
    {
        foreach (SourceCycle member in _members.ToArray())
        {
            await member.BeginCopyingAsync(point);
        }
    }

    internal static PairException GateTimedOut(SourceCycle[] members) => new(PairError.GateTimedOut,
        $"No point was taken: a write stayed in flight for more than {PointHold.DeadlineOf(members).TotalSeconds} s. Look at the source storage; Start-FlashcopyCycle tries again.");

    // Other agents first, since they are far: hosts here are held only once all others are.
    private async Task<Task> RunAsync(SourceCycle[] members, ulong point, bool supersede)
    {
        await ReserveAsync(members, point);
        await (_coordinator?.HoldAsync(point, supersede) ?? Task.CompletedTask);
        PointHold hold = await PointHold.TryBeginAsync(Gate, members, _time) ?? throw GateTimedOut(members);
        Task running;
        try
        {
            // The instant of the point: nothing is awaited in here.
            DateTimeOffset takenAt = _time.GetUtcNow();
            hold.Exchange(takenAt);
            running = _coordinator?.RunAsync(point, takenAt) ?? Task.CompletedTask;
        }
        finally
        {
            hold.End();
        }

        Array.ForEach(members, member => member.BeginPoint(point));
        return running;
    }
}

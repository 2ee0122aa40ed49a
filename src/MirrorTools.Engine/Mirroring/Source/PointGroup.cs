using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// Pairs of one source agent whose points are taken at one instant, and committed or given up together (F-2, F-9, F-12). A pair that stands alone is a group of one. The first pair
/// leads: its commit at site 2 is the group's choice, and it is asked only when all others have prepared. Lives on the scheduler that its members share.
/// </summary>
public sealed class PointGroup
{
    private readonly Guid[] _pairs;
    private readonly TimeProvider _time;
    private readonly List<SourceCycle> _members = [];

    /// <summary>Creates the group; its members join as they are opened, and no point is taken before all are there.</summary>
    /// <param name="pairs">The members' pair ids, the lead first.</param>
    /// <param name="time">The clock.</param>
    public PointGroup(IReadOnlyList<Guid> pairs, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pairs.Count);
        _pairs = [.. pairs];
        _time = time;
        Gate = new WriteGate(time);
    }

    /// <summary>Holds the writes of all members.</summary>
    internal WriteGate Gate { get; }

    /// <summary>True for a pair that stands alone.</summary>
    internal bool IsAlone => _pairs.Length == 1;

    /// <summary>True where members were asked to prepare the point under way.</summary>
    internal bool IsBeingDecided => _members.Exists(static member => member.IsAsked || member.State == SourceState.Recording);

    /// <summary>True where a point may begin.</summary>
    internal bool IsIdle => IsComplete && _members.TrueForAll(static member => member.State == SourceState.Idle);

    /// <summary>True where a volume of the group has changed since the last point.</summary>
    internal bool HasChanges => _members.Exists(static member => member.HasChanges);

    private bool IsComplete => _members.Count == _pairs.Length;

    private SourceCycle? Lead => _members.Find(Leads);

    internal void Join(SourceCycle member)
    {
        if (Array.IndexOf(_pairs, member.PairId) < 0)
        {
            throw new ArgumentException($"Pair {member.PairId:N} is not of this group.", nameof(member));
        }

        _members.Add(member);
    }

    internal void Leave(SourceCycle member) => _members.Remove(member);

    internal bool Leads(SourceCycle member) => member.PairId == _pairs[0];

    /// <summary>Takes a point of all members (F-2); with one under way, the new one supersedes it on all of them (F-12).</summary>
    internal async Task<ulong> TakePointAsync(bool supersede)
    {
        if (!IsComplete)
        {
            throw new PairException(PairError.GroupIncomplete,
                $"{_pairs.Length - _members.Count} of the group's {_pairs.Length} pairs are not open, so no point can be taken of all of them. Get-MirrorPair shows which.");
        }

        SourceCycle[] members = [.. _members];
        Array.ForEach(members, member => member.ThrowUnlessPossible(supersede));
        Array.ForEach(members, static member => member.RequestPoint());
        ulong point = members.Max(static member => member.NextPoint);
        foreach (SourceCycle member in members)
        {
            if (await member.ReserveAsync(point) is { } failure)
            {
                await AbandonAsync(members, "MetadataFailed");
                member.SuspendForMetadata(failure);
                throw new PairException(PairError.StorageFailed, $"No point was taken: the pair's metadata can't be written ({failure.Message}).", failure);
            }
        }

        if (!await TakeInstantAsync(members))
        {
            await AbandonAsync(members, "GateTimedOut");
            throw new PairException(PairError.GateTimedOut,
                $"No point was taken: a write stayed in flight for more than {Deadline(members).TotalSeconds} s. Look at the source storage; Start-FlashcopyCycle tries again.");
        }

        Array.ForEach(members, member => member.BeginPoint(point));
        foreach (SourceCycle member in members)
        {
            await member.BeginCopyingAsync(point);
        }

        return point;
    }

    /// <summary>A member has copied all: once every one has, the followers prepare, and then the lead chooses (F-8, F-9).</summary>
    internal void OnCopied()
    {
        if (!IsComplete || Lead is not { IsCopied: true } lead || !_members.TrueForAll(member => member.IsCopied || (member != lead && member.IsAsked)))
        {
            return;
        }

        foreach (SourceCycle follower in _members.Where(member => member != lead && member.IsCopied))
        {
            follower.Complete(lead.PairId);
        }

        if (lead.ChoosesEarly || _members.TrueForAll(member => member == lead || member.State == SourceState.Prepared))
        {
            lead.Complete(null);
        }
    }

    /// <summary>The lead's commit is recorded: the followers' other sides need not ask for it.</summary>
    internal async Task OnCommittedAsync(SourceCycle member, CommittedPoint committed)
    {
        if (Leads(member))
        {
            foreach (SourceCycle follower in _members.Where(other => other != member).ToArray())
            {
                await follower.SettleAsync(committed);
            }
        }
    }

    /// <summary>The commit that the lead knows of, for a follower whose conversation is new.</summary>
    internal CommittedPoint LastCommitted => Lead?.LastCommitted ?? CommittedPoint.None;

    /// <summary>Gives the running point up on all members (F-12, F-19, F-22).</summary>
    internal async Task GiveUpAsync(string reason)
    {
        SourceCycle[] members = [.. _members.Where(static member => member.State == SourceState.Copying || member.IsAsked)];
        bool isDoubtful = !IsAlone && Array.Exists(members, static member => member.IsAsked);
        List<Task> flows = [.. members.Select(member => member.GiveUpAsync(reason, isDoubtful))];
        foreach (Task flow in flows)
        {
            await flow;
        }
    }

    private static TimeSpan Deadline(SourceCycle[] members) => members.Max(static member => member.GateDeadline);

    private static async Task AbandonAsync(SourceCycle[] members, string reason)
    {
        foreach (SourceCycle member in members)
        {
            await member.AbandonAsync(reason);
        }
    }

    // Long writes first, while the copiers still bring what they wait for.
    private async Task<bool> TakeInstantAsync(SourceCycle[] members)
    {
        try
        {
            await Gate.LongWrites.CloseAsync(Deadline(members));
        }
        catch (TimeoutException)
        {
            Array.ForEach(members, static member => member.ReportGateTimedOut());
            return false;
        }

        try
        {
            foreach (SourceCycle member in members)
            {
                if (!await member.BeforePointAsync())
                {
                    return false;
                }
            }

            return await PassGateAsync(members);
        }
        finally
        {
            Gate.LongWrites.Open();
        }
    }

    private async Task<bool> PassGateAsync(SourceCycle[] members)
    {
        Array.ForEach(members, static member => member.PrepareExchange());
        long closedAt = _time.GetTimestamp();
        bool isClosed = false;
        try
        {
            if (!members[0].LetsWritesPast)
            {
                await Gate.Requests.CloseAsync(Deadline(members));
                isClosed = true;
            }

            foreach (SourceCycle member in members)
            {
                await member.WriteBeforePointAsync();
            }

            // The instant of the point: nothing is awaited in here.
            DateTimeOffset takenAt = _time.GetUtcNow();
            foreach (SourceCycle member in members)
            {
                member.Exchange(takenAt);
            }

            return true;
        }
        catch (TimeoutException)
        {
            Array.ForEach(members, static member => member.ReportGateTimedOut());
            return false;
        }
        finally
        {
            if (isClosed)
            {
                Gate.Requests.Open();
                TimeSpan held = _time.GetElapsedTime(closedAt);
                Array.ForEach(members, member => member.LastGateTime = held);
            }
        }
    }
}

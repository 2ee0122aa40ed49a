using System.Runtime.CompilerServices;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Pairs;

/// <summary>Cycles of a pair: start, stop, list, follow.</summary>
internal sealed class PairCycles(PairRegistry registry, TimeProvider time)
{
    // After a start or a reconnect site 1 asks site 2 what it decided last; an admin who starts a cycle meanwhile waits for that.
    private static readonly TimeSpan DoubtDeadline = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan DoubtPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan FollowPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes a point and starts its cycle.</summary>
    public async Task<CycleInfo> StartAsync(string nameOrId, bool supersede, CancellationToken cancel)
    {
        var pair = registry.Find(nameOrId);
        var side = pair.RequireSource();

        // In a group the point is one of all members.
        List<PairSide> members = [.. registry.MembersOf(pair).Select(member => member.SourceSide).OfType<PairSide>()];
        foreach (var member in members)
        {
            var status = await WaitUntilCertainAsync(member.Source!, cancel);
            member.History.NextReason = status.LastCommitted.IsNone ? "Initial" : supersede && status.Point != 0 ? "Supersede" : "Manual";
        }

        await WaitUntilConnectedAsync(side, cancel);
        try
        {
            var point = (long)await side.Source!.StartCycleAsync(supersede);
            return await GetAsync(nameOrId, point);
        }
        finally
        {
            members.ForEach(static member => member.History.NextReason = "Schedule");
        }
    }

    /// <summary>Gives the running cycle up.</summary>
    public async Task<CycleInfo> StopAsync(string nameOrId, long number)
    {
        var side = registry.Find(nameOrId).RequireSource();
        var status = await side.Source!.GetStatusAsync();
        if ((long)status.Point != number)
        {
            await GetAsync(nameOrId, number);
            throw new ControlException(ErrorIds.NoCycleRunning, $"Cycle {number} of the pair '{side.Definition.Name}' does not run.", side.Definition.Name);
        }

        PairDescriber.Measure(side, status, time.GetUtcNow());
        await side.Source.StopCycleAsync();
        return await GetAsync(nameOrId, number);
    }

    /// <summary>The running cycle first, then the newest.</summary>
    public async Task<CycleList> ListAsync(string nameOrId, int take)
    {
        var pair = registry.Find(nameOrId);
        var side = await MeasureAsync(pair);
        return new CycleList { Items = side is null ? [] : side.History.List(take).ConvertAll(cycle => PairDescriber.Named(cycle, pair)) };
    }

    /// <summary>One cycle.</summary>
    public async Task<CycleInfo> GetAsync(string nameOrId, long number)
    {
        var pair = registry.Find(nameOrId);
        var side = await MeasureAsync(pair);
        return side?.History.Find(number) is { } cycle
            ? PairDescriber.Named(cycle, pair)
            : throw new ControlException(ErrorIds.CycleNotFound, $"The pair '{pair.Definition.Name}' has no cycle {number}.", pair.Definition.Name);
    }

    /// <summary>A cycle at once, whenever it went on, and a last time when it has ended.</summary>
    public async IAsyncEnumerable<CycleInfo> FollowAsync(string nameOrId, long number, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (CycleInfo? before = null; before?.EndedAt is null; await Task.Delay(FollowPause, time, cancel))
        {
            var cycle = await GetAsync(nameOrId, number);
            if (before is null || (cycle.State, cycle.GrainsDone, cycle.EndedAt) != (before.State, before.GrainsDone, before.EndedAt))
            {
                before = cycle;
                yield return cycle;
            }

            if (cycle.EndedAt is not null)
            {
                yield break;
            }
        }
    }

    private async Task<PairSide?> MeasureAsync(MirrorPair pair)
    {
        if (pair.SourceSide is { Source: { } source } side)
        {
            PairDescriber.Measure(side, await source.GetStatusAsync(), time.GetUtcNow());
            return side;
        }

        return pair.Sides.FirstOrDefault();
    }

    // After a start the agents of a group find each other within moments; what keeps them apart for longer the point says.
    private async Task WaitUntilConnectedAsync(PairSide side, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (side.Definition.Group is { } group && registry.Company.Find(group.Id, side.IsSiteTwo) is { } open && await open.IsConnectingAsync() && time.GetElapsedTime(began) < ConnectDeadline)
        {
            await Task.Delay(DoubtPoll, time, cancel);
        }
    }

    private async Task<SourceStatus> WaitUntilCertainAsync(MirrorSource source, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var status = await source.GetStatusAsync();
            if (status.State != SourceState.InDoubt || time.GetElapsedTime(began) > DoubtDeadline)
            {
                return status;
            }

            await Task.Delay(DoubtPoll, time, cancel);
        }
    }
}

using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Volumes;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>Recovery at site 2 (F-16), and what it would mean.</summary>
internal sealed class PairRecovery(PairRegistry registry, RecoveryPoints recoveries, IPeerLinks links, TimeProvider time)
{
    // What the switch of roles takes: two records and their flushes, whatever the volume's size.
    private const long UsualRecoveryMs = 500;

    /// <summary>What a recovery would do.</summary>
    public async Task<RecoveryPlan> PlanAsync(string nameOrId, RecoveryRequest request)
    {
        var (pair, target, status, _, shown) = await FindAsync(nameOrId, request);
        var definition = pair.Definition;
        var plan = new RecoveryPlan
        {
            Pair = definition.Name,
            PairId = definition.Id.ToString(),
            Point = (long)shown.Number,
            PointTime = WireTime.Write(shown.TakenAt),
            CommittedAt = WireTime.Write(shown.CommittedAt),
            DataLossMs = LossMs(shown, time.GetUtcNow()),
            RecoveryTimeMs = UsualRecoveryMs,
            BytesToMove = await BytesToMoveAsync(definition, target, shown),
            GrainsDiscarded = status.FutureGrains,
            PointsLost = (shown == status.LastCommitted ? 0 : 1) + status.RetainedPoints.Count(kept => kept > shown.Number),
            SourceState = status.IsConnected ? "Reachable" : pair.PeerAgentId is { } peer && links.IsConnected(peer) ? "Stopped" : "Unreachable",
            ForceNeeded = status.IsConnected || target.Target!.IsDistrusted,
        };
        if (target.Target!.IsDistrusted)
        {
            plan.Warnings.Add("A storage of this side was written while the pair was closed, and no point was committed since: what it shows may not be what was committed.");
        }

        List<ulong> newer = [.. status.RetainedPoints.Append(status.LastCommitted.Number).Where(kept => kept > shown.Number)];
        if (newer.Count > 0)
        {
            plan.Warnings.Add($"The recovery gives up the points after it ({string.Join(", ", newer)}), and what hosts wrote up to them.");
        }

        List<ulong> older = [.. status.RetainedPoints.Where(kept => kept < shown.Number)];
        if (older.Count > 0)
        {
            plan.Warnings.Add($"The recovery gives up the points before it that are retained ({string.Join(", ", older)}): run Export-ConsistencyPoint before it for what of them is needed.");
        }

        if (definition.Group is { Pairs.Count: > 1 } group)
        {
            plan.Warnings.Add(string.Join(
                " ", [$"The pair is one of {group.Pairs.Count} in the group '{group.Name}': recover the others as well, all come back at the same point.", .. Elsewhere(definition, target)]));
        }

        if (status.IsConnected)
        {
            plan.Warnings.Add("The source is still connected: what its hosts write from now on is not in the recovered volume, and its side will refuse them.");
        }

        return plan;
    }

    /// <summary>Recovers: the committed image takes hosts' writes at once.</summary>
    public async Task<RecoveryResult> InvokeAsync(string nameOrId, RecoveryRequest request, CancellationToken cancel)
    {
        var (pair, _, _, _, _) = await FindAsync(nameOrId, request);
        using var change = await pair.BeginChangeAsync(cancel);
        var (_, target, before, number, shown) = await FindAsync(nameOrId, request);
        var bytesToMove = await BytesToMoveAsync(pair.Definition, target, shown);
        var began = time.GetTimestamp();

        // What was prepared is settled by it, so that the point may be a newer one than the last that was known to be committed.
        var asked = time.GetUtcNow();
        await using var others = await recoveries.HoldOthersAsync(pair, target, number, request.Force);
        var recovered = await RecoverAsync(target, request.Force, number);
        await registry.CloseAsync(pair);
        await registry.OpenAsync(pair, cancel);
        var side = pair.RequireSource();
        var status = await side.Source!.GetStatusAsync();
        return new RecoveryResult
        {
            Pair = pair.Definition.Name,
            PairId = pair.Definition.Id.ToString(),
            Point = (long)recovered.Number,
            PointTime = WireTime.Write(recovered.TakenAt),
            RecoveredAt = WireTime.Write(time.GetUtcNow()),
            DataLossMs = LossMs(recovered, asked),
            RecoveryTimeMs = (long)time.GetElapsedTime(began).TotalMilliseconds,
            BytesToMove = bytesToMove,
            GrainsDiscarded = before.FutureGrains,
            Generation = status.Generations.Current.Id.ToString(),
            Volume = VolumeService.Describe(PairVolumes.Of(pair).First(volume => volume.Role == VolumeRole.CommittedImage), []),
            Warnings = [.. Elsewhere(pair.Definition, side)],
        };
    }

    private async Task<CommittedPoint> RecoverAsync(PairSide target, bool force, ulong? number)
    {
        try
        {
            return await target.RecoverAsync(force, number);
        }
        catch (PairException error) when (error.Error == PairError.InDoubt && target.Definition.Group is { Places: { } places })
        {
            var (lead, agent) = (places.Pairs[0].Name, places.AgentOf(0, target.IsSiteTwo));
            var name = links.NameOf(agent.Id) ?? agent.Name;
            throw new ControlException(ErrorIds.PeerUnreachable, $"{error.Message} It is the pair '{lead}' at the agent '{name}'.", target.Definition.Name, error)
            {
                Remedy = $"See that the agent '{name}' runs and is connected with this one (Get-MirrorTrust), then run Invoke-MirrorRecovery again.",
            };
        }
    }

    // The other pairs of the group that have their copies at other agents, a sentence for each of those.
    private IEnumerable<string> Elsewhere(PairDefinition definition, PairSide side)
    {
        if (definition.Group is not { Places: { } places } group)
        {
            return [];
        }

        return Enumerable.Range(0, places.Pairs.Count)
            .Select(index => (places.Pairs[index].Name, Agent: places.AgentOf(index, side.IsSiteTwo)))
            .Where(member => member.Agent.Id != side.Site.AgentId)
            .GroupBy(static member => member.Agent.Id)
            .Select(pairs => $"Of the group '{group.Name}', {string.Join(", ", pairs.Select(static pair => $"'{pair.Name}'"))} {(pairs.Count() == 1 ? "is" : "are")} at the agent "
                + $"'{links.NameOf(pairs.Key) ?? pairs.First().Agent.Name}': run Invoke-MirrorRecovery there as well.");
    }

    private async Task<(MirrorPair Pair, PairSide Target, TargetStatus Status, ulong? Number, CommittedPoint Shown)> FindAsync(string nameOrId, RecoveryRequest request)
    {
        var pair = registry.Find(nameOrId);
        if (pair.Sides.Any(side => side.IsRecovered))
        {
            throw new ControlException(ErrorIds.PairAlreadyRecovered, $"The pair '{pair.Definition.Name}' was recovered here before.", pair.Definition.Name);
        }

        var target = pair.RequireTarget();
        var status = await target.Target!.GetStatusAsync();
        if (status.LastCommitted.IsNone)
        {
            throw new ControlException(ErrorIds.NoCommittedPoint, $"Nothing of the pair '{pair.Definition.Name}' was committed yet.", pair.Definition.Name);
        }

        var (number, shown) = await recoveries.ChooseAsync(pair, target, status, request.Point);
        return (pair, target, status, number, shown);
    }

    // Behind the hosts' backs: what of the point is not in D yet; with AsyncCopy, what newer data took the place of in the secondary.
    private static async Task<long> BytesToMoveAsync(PairDefinition definition, PairSide target, CommittedPoint point) =>
        Math.Min(await target.Target!.CountToRestoreAsync(point.Number) * definition.GrainBytes, definition.LengthBytes);

    private static long LossMs(CommittedPoint point, DateTimeOffset now) => Math.Max(0, (long)(now - point.TakenAt).TotalMilliseconds);
}

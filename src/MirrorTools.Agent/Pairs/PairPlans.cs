using MirrorTools.Agent.Control;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Plans;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Pairs;

/// <summary>What an action would mean, in numbers, without doing it.</summary>
internal sealed class PairPlans(PairRegistry registry, PairCreation creation, PairDescriber describer)
{
    /// <summary>The numbers of an action.</summary>
    public async Task<PlanInfo> PlanAsync(PlanRequest request)
    {
        if (string.IsNullOrEmpty(request.Action))
        {
            throw new ControlException(ErrorIds.InvalidArgument, "The action is missing.");
        }

        var action = Query.Name(request.Action, PlanAction.NewPair, "action");
        var plan = new PlanInfo { Action = action.ToString() };
        if (action == PlanAction.NewPair)
        {
            return PlanNew(plan, request);
        }

        var pair = registry.Find(request.Pair ?? "");
        plan.Pair = pair.Definition.Name;
        if (action == PlanAction.RemovePair)
        {
            return await PlanRemovalAsync(plan, pair, request.DeleteData);
        }

        var status = await pair.RequireSource().Source!.GetStatusAsync();
        var grainBytes = pair.Definition.GrainBytes;
        var info = await describer.DescribeAsync(pair);
        switch (action)
        {
            case PlanAction.StartCycle or PlanAction.ResumePair:
                plan.BytesToMove = Math.Min((status.ChangedGrains + (status.Point != 0 ? status.UncopiedGrains : 0)) * grainBytes, pair.Definition.LengthBytes);
                plan.TimeMs = info.CurrentCycle is { BytesPerSecond: > 0 and var rate } ? plan.BytesToMove * 1000 / rate : null;
                plan.DataLossAfterMs = plan.TimeMs ?? 0;
                break;
            case PlanAction.StopCycle or PlanAction.SuspendPair:
                plan.GrainsDiscarded = 0;
                plan.DataLossAfterMs = info.DataLossMs;
                plan.Warnings.Add(status.State == SourceState.Copying
                    ? $"The running point {status.Point} is given up; what it has copied is not copied again."
                    : "Writes from now on are not protected until the next commit.");
                break;
        }

        return plan;
    }

    private static async Task<PlanInfo> PlanRemovalAsync(PlanInfo plan, MirrorPair pair, bool deleteData)
    {
        plan.PointsLost = 1 + (pair.TargetSide?.Target is { } target ? (await target.GetStatusAsync()).RetainedPoints.Count : 0);
        if (deleteData)
        {
            plan.BytesDeleted = pair.LocalSites
                .SelectMany(site => site == pair.Definition.SourceSite ? [site.Intermediate] : site.Storages)
                .Sum(path => StorageFiles.TryMeasureAllocated(path) ?? 0);
            plan.Warnings.Add("What the storages at the other agent take is not counted.");
        }

        return plan;
    }

    private PlanInfo PlanNew(PlanInfo plan, PlanRequest request)
    {
        var asked = request.NewPair ?? throw new ControlException(ErrorIds.InvalidArgument, "The pair to make is missing.");
        creation.Check(asked);
        plan.Pair = asked.Name;
        plan.BytesToMove = StorageFiles.TryMeasureAllocated(asked.Source) ?? 0;
        return plan;
    }
}

using MirrorTools.Agent.Pairs;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Plans;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>Pairs, their schedules, and what an action on them would mean.</summary>
internal static class PairEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.Pairs, async (PairService pairs, NewPairRequest? body, HttpContext context, CancellationToken cancel) =>
            TypedResults.Created((string?)null, await pairs.CreateAsync(body ?? new(), Caller.Of(context), cancel)));
        routes.MapGet(Routes.Pairs, (PairService pairs) => pairs.ListAsync());
        routes.MapGet(Routes.Pair, (PairService pairs, string pair) => pairs.GetAsync(pair));
        routes.MapPatch(Routes.Pair, (PairService pairs, string pair, SetPairRequest? body, HttpContext context, CancellationToken cancel) =>
            pairs.SetAsync(pair, body ?? new(), Caller.Of(context), cancel));
        routes.MapDelete(Routes.Pair, (PairService pairs, string pair, bool? deleteData, HttpContext context, CancellationToken cancel) =>
            pairs.RemoveAsync(pair, deleteData == true, Caller.Of(context), cancel));
        routes.MapPost(Routes.PairSuspend, (PairService pairs, string pair, HttpContext context, CancellationToken cancel) =>
            pairs.SuspendAsync(pair, Caller.Of(context), cancel));
        routes.MapPost(Routes.PairResume, (PairService pairs, string pair, ResumePairRequest? body, HttpContext context, CancellationToken cancel) =>
            pairs.ResumeAsync(pair, body ?? new(), Caller.Of(context), cancel));
        routes.MapGet(Routes.Schedule, (PairService pairs, string pair) => pairs.GetSchedule(pair));
        routes.MapPut(Routes.Schedule, (PairService pairs, string pair, ScheduleInfo? body, HttpContext context, CancellationToken cancel) =>
            pairs.SetScheduleAsync(pair, body ?? new(), Caller.Of(context), cancel));
        routes.MapPost(Routes.Plans, (PairPlans plans, PlanRequest? body) => plans.PlanAsync(body ?? new()));
    }
}

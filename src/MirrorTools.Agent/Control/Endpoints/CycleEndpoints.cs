using MirrorTools.Agent.Pairs;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Points;
using MirrorTools.Contracts.Recovery;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>Cycles, points, bitmaps and recovery of a pair.</summary>
internal static class CycleEndpoints
{
    private const int UsualTake = 50;
    private const int MostTake = 1_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Cycles, (PairCycles cycles, string pair, int? take) => cycles.ListAsync(pair, Query.Take(take, UsualTake, MostTake)));
        routes.MapPost(Routes.Cycles, async (PairCycles cycles, string pair, StartCycleRequest? body, CancellationToken cancel) =>
            TypedResults.Created((string?)null, await cycles.StartAsync(pair, body?.Supersede == true, cancel)));
        routes.MapGet(Routes.Cycle, (PairCycles cycles, string pair, long number) => cycles.GetAsync(pair, number));
        routes.MapPost(Routes.CycleStop, (PairCycles cycles, string pair, long number) => cycles.StopAsync(pair, number));
        routes.MapGet(Routes.CycleFollow, FollowAsync).Produces<CycleInfo>(contentType: "text/event-stream");
        routes.MapGet(Routes.Points, (PairPoints points, string pair) => points.ListAsync(pair));
        routes.MapPost(Routes.Points, async (NamedPoints names, string pair, NewPointRequest? body, CancellationToken cancel) =>
            TypedResults.Created((string?)null, await names.TakeAsync(pair, body ?? new(), cancel)));
        routes.MapDelete(Routes.Point, (PairPoints points, string pair, long number, HttpContext context) => points.RemoveAsync(pair, number, Caller.Of(context)));
        routes.MapPost(Routes.PointExport, async (PairPoints points, string pair, long number, ExportPointRequest? body, HttpContext context) =>
            TypedResults.Accepted((string?)null, await points.ExportAsync(pair, number, body ?? new(), Caller.Of(context))));
        routes.MapGet(Routes.Bitmap, (PairMaps maps, string pair, string map, string? site, long? firstGrain, int? take, CancellationToken cancel) =>
            maps.GetPageAsync(pair, map, site, firstGrain ?? 0, take, cancel));
        routes.MapGet(Routes.BitmapRanges, (PairMaps maps, string pair, string map, string? site, long? firstGrain, int? take, CancellationToken cancel) =>
            maps.GetRangesAsync(pair, map, site, firstGrain ?? 0, take, cancel));
        routes.MapPost(Routes.RecoveryPlan, (PairRecovery recovery, string pair, RecoveryRequest? body) => recovery.PlanAsync(pair, body ?? new()));
        routes.MapPost(Routes.Recovery, (PairRecovery recovery, string pair, RecoveryRequest? body, CancellationToken cancel) =>
            recovery.InvokeAsync(pair, body ?? new(), cancel));
    }

    private static async Task<IResult> FollowAsync(PairCycles cycles, string pair, long number, CancellationToken cancel)
    {
        // An unknown cycle is an error before the stream begins.
        await cycles.GetAsync(pair, number);
        return new ServerSentEvents<CycleInfo>(cycles.FollowAsync(pair, number, cancel));
    }
}

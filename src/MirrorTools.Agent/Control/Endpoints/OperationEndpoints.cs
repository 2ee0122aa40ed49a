using MirrorTools.Agent.Operations;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Operations;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>Long operations.</summary>
internal static class OperationEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Operation, (OperationService operations, string id) => operations.Get(id));
        routes.MapDelete(Routes.Operation, (OperationService operations, string id) => operations.CancelAsync(id));
        routes.MapGet(Routes.OperationFollow, Follow).Produces<OperationInfo>(contentType: "text/event-stream");
    }

    private static IResult Follow(OperationService operations, string id, CancellationToken cancel)
    {
        operations.Get(id);
        return new ServerSentEvents<OperationInfo>(operations.FollowAsync(id, cancel));
    }
}

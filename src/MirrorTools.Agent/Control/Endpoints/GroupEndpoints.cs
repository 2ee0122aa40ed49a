using MirrorTools.Agent.Groups;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Groups;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>Consistency groups.</summary>
internal static class GroupEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Groups, (GroupService groups) => groups.ListAsync());
        routes.MapPost(Routes.Groups, async (GroupService groups, NewGroupRequest? body, HttpContext context, CancellationToken cancel) =>
            TypedResults.Created((string?)null, await groups.CreateAsync(body ?? new(), Caller.Of(context), cancel)));
        routes.MapGet(Routes.Group, (GroupService groups, string group) => groups.GetAsync(group));
        routes.MapPatch(Routes.Group, (GroupService groups, string group, SetGroupRequest? body, HttpContext context, CancellationToken cancel) =>
            groups.SetAsync(group, body ?? new(), Caller.Of(context), cancel));
        routes.MapDelete(Routes.Group, (GroupService groups, string group, HttpContext context, CancellationToken cancel) =>
            groups.RemoveAsync(group, Caller.Of(context), cancel));
    }
}

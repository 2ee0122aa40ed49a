using MirrorTools.Agent.Trust;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>Trust between agents.</summary>
internal static class TrustEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Routes.TrustCodes, (TrustAdministration trusts, NewTrustCodeRequest? body) =>
            TypedResults.Created((string?)null, trusts.CreateCode(body ?? new())));
        routes.MapPost(Routes.Trusts, async (TrustAdministration trusts, JoinTrustRequest? body, HttpContext context, CancellationToken cancel) =>
            TypedResults.Created((string?)null, await trusts.JoinAsync(body ?? new(), Caller.Of(context), cancel)));
        routes.MapGet(Routes.Trusts, (TrustAdministration trusts) => trusts.List());
        routes.MapGet(Routes.Trust, (TrustAdministration trusts, string agent) => trusts.Get(agent));
        routes.MapDelete(Routes.Trust, (TrustAdministration trusts, string agent, HttpContext context) => trusts.Remove(agent, Caller.Of(context)));
    }
}

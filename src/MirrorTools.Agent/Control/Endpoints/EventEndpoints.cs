using MirrorTools.Agent.Events;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Events;

namespace MirrorTools.Agent.Control.Endpoints;

/// <summary>Events: a page, or a stream without end.</summary>
internal static class EventEndpoints
{
    private const int UsualTake = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Routes.Events, List).Produces<EventList>();

    private static IResult List(EventLog events, long? after, int? take, bool? follow, CancellationToken cancel)
    {
        if (follow == true)
        {
            return new ServerSentEvents<EventInfo>(events.FollowAsync(after ?? 0, cancel));
        }

        return TypedResults.Ok(events.List(after, Query.Take(take, UsualTake, ApiLimits.MaxEventPageItems)));
    }
}

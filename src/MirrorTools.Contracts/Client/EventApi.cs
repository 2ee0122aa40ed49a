using MirrorTools.Contracts.Events;

namespace MirrorTools.Contracts.Client;

/// <summary>Events.</summary>
public sealed class EventApi
{
    private readonly ApiChannel _channel;

    internal EventApi(ApiChannel channel) => _channel = channel;

    /// <summary>A page of events by rising id. Without a start it is the newest ones.</summary>
    /// <param name="after">Only events with a greater id; the newest ones where null.</param>
    /// <param name="take">How many at most.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<EventList> ListAsync(long? after, int take, CancellationToken cancel) => _channel.GetAsync<EventList>(
        FormattableString.Invariant($"{Routes.Events}?{Routes.TakeQuery}={take}{(after is null ? "" : $"&{Routes.AfterQuery}={after}")}"), cancel);

    /// <summary>Follows the events: those kept with a greater id, then new ones as they happen.</summary>
    /// <param name="after">Only events with a greater id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<ServerSentStream<EventInfo>> FollowAsync(long after, CancellationToken cancel) => _channel.OpenStreamAsync<EventInfo>(
        FormattableString.Invariant($"{Routes.Events}?{Routes.FollowQuery}=true&{Routes.AfterQuery}={after}"), cancel);
}

using MirrorTools.Contracts.Operations;

namespace MirrorTools.Contracts.Client;

/// <summary>Long operations of the agent.</summary>
public sealed class OperationApi
{
    private readonly ApiChannel _channel;

    internal OperationApi(ApiChannel channel) => _channel = channel;

    /// <summary>One operation.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<OperationInfo> GetAsync(string id, CancellationToken cancel) =>
        _channel.GetAsync<OperationInfo>(Routes.Fill(Routes.Operation, id), cancel);

    /// <summary>Cancels one.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<OperationInfo> CancelAsync(string id, CancellationToken cancel) =>
        _channel.DeleteAsync<OperationInfo>(Routes.Fill(Routes.Operation, id), cancel);

    /// <summary>Follows one: it is sent at once, whenever it went on, and a last time when it has ended.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<ServerSentStream<OperationInfo>> FollowAsync(string id, CancellationToken cancel) =>
        _channel.OpenStreamAsync<OperationInfo>(Routes.Fill(Routes.OperationFollow, id), cancel);
}

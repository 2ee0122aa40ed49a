using MirrorTools.Contracts.Trust;

namespace MirrorTools.Contracts.Client;

/// <summary>Trust between agents.</summary>
public sealed class TrustApi
{
    private readonly ApiChannel _channel;

    internal TrustApi(ApiChannel channel) => _channel = channel;

    /// <summary>The trusted agents.</summary>
    /// <param name="cancel">Gives the wait up.</param>
    public async Task<List<TrustInfo>> ListAsync(CancellationToken cancel) =>
        (await _channel.GetAsync<TrustList>(Routes.Trusts, cancel).ConfigureAwait(false)).Items;

    /// <summary>Makes a one-time pairing code.</summary>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<TrustCodeInfo> CreateCodeAsync(NewTrustCodeRequest body, CancellationToken cancel) =>
        _channel.PostAsync<NewTrustCodeRequest, TrustCodeInfo>(Routes.TrustCodes, body, cancel);

    /// <summary>Uses a pairing code of another agent.</summary>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<TrustInfo> JoinAsync(JoinTrustRequest body, CancellationToken cancel) =>
        _channel.PostAsync<JoinTrustRequest, TrustInfo>(Routes.Trusts, body, cancel);

    /// <summary>Ends the trust in an agent.</summary>
    /// <param name="agent">The agent's name or id.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<TrustInfo> RemoveAsync(string agent, CancellationToken cancel) =>
        _channel.DeleteAsync<TrustInfo>(Routes.Fill(Routes.Trust, agent), cancel);
}

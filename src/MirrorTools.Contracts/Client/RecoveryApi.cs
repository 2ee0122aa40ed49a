using MirrorTools.Contracts.Recovery;

namespace MirrorTools.Contracts.Client;

/// <summary>Recovery at site 2.</summary>
public sealed class RecoveryApi
{
    private readonly ApiChannel _channel;

    internal RecoveryApi(ApiChannel channel) => _channel = channel;

    /// <summary>What a recovery would do.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<RecoveryPlan> PlanAsync(string pair, RecoveryRequest body, CancellationToken cancel) =>
        _channel.PostAsync<RecoveryRequest, RecoveryPlan>(Routes.Fill(Routes.RecoveryPlan, pair), body, cancel);

    /// <summary>Recovers.</summary>
    /// <param name="pair">The pair's name or id.</param>
    /// <param name="body">What is asked.</param>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<RecoveryResult> InvokeAsync(string pair, RecoveryRequest body, CancellationToken cancel) =>
        _channel.PostAsync<RecoveryRequest, RecoveryResult>(Routes.Fill(Routes.Recovery, pair), body, cancel);
}

using MirrorTools.Contracts.Agents;

namespace MirrorTools.Contracts.Client;

/// <summary>The agent itself.</summary>
public sealed class AgentApi
{
    private readonly ApiChannel _channel;

    internal AgentApi(ApiChannel channel) => _channel = channel;

    /// <summary>The agent as it describes itself.</summary>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<AgentInfo> GetAsync(CancellationToken cancel) => _channel.GetAsync<AgentInfo>(Routes.Agent, cancel);

    /// <summary>Asks the agent to stop; it answers before it does.</summary>
    /// <param name="cancel">Gives the wait up.</param>
    public Task<AgentInfo> StopAsync(CancellationToken cancel) => _channel.PostAsync<AgentInfo>(Routes.AgentStop, cancel);
}

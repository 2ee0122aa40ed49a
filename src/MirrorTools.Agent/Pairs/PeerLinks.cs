using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Pairs;

/// <summary>The other agents over the link.</summary>
internal sealed class PeerLinks(PeerDirectory peers, TrustService trust) : IPeerLinks
{
    private static readonly TimeSpan SessionDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public (Guid AgentId, string Name) Find(string nameOrId)
    {
        var found = trust.List().FirstOrDefault(peer => peer.Name.Equals(nameOrId, StringComparison.OrdinalIgnoreCase)
            || (Guid.TryParse(nameOrId, out var id) && peer.AgentId == id));
        return found is not null
            ? (found.AgentId, found.Name)
            : throw new ControlException(ErrorIds.AgentNotTrusted, $"No trusted agent is called '{nameOrId}'.", nameOrId);
    }

    /// <inheritdoc/>
    public string? NameOf(Guid agentId) => trust.List().FirstOrDefault(peer => peer.AgentId == agentId)?.Name;

    /// <inheritdoc/>
    public bool IsConnected(Guid agentId) => peers.Find(agentId) is { Failure: null };

    /// <inheritdoc/>
    public Exception? WhyNotConnected(Guid agentId) => peers.List().FirstOrDefault(peer => peer.AgentId == agentId)?.LastFailure;

    /// <inheritdoc/>
    public async Task<IPeerChannel> OpenChannelAsync(Guid agentId, Guid pairId, CancellationToken cancellationToken)
    {
        var session = await peers.WaitAsync(agentId, cancellationToken);
        return await session.OpenChannelAsync(pairId, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> RequestAsync(Guid agentId, string method, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        LinkSession session;
        try
        {
            session = await peers.WaitAsync(agentId, cancellationToken).WaitAsync(SessionDeadline, cancellationToken);
        }
        catch (TimeoutException error)
        {
            var name = NameOf(agentId) ?? agentId.ToString();
            var why = WhyNotConnected(agentId) is { } failure ? ErrorTranslation.OfLink(failure) : null;
            throw new ControlException(
                why?.ErrorId ?? ErrorIds.PeerUnreachable, why is null ? $"The agent '{name}' does not answer over the link." : $"The agent '{name}' is not connected: {why.Message}", name, error);
        }

        return await session.RequestAsync(method, json, RequestDeadline, cancellationToken);
    }
}

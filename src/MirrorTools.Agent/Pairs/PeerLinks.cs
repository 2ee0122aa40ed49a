using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Trust;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Link.Frames;

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
    public async Task<ReadOnlyMemory<byte>> RequestAsync(
        Guid agentId, string method, ReadOnlyMemory<byte> json, CancellationToken cancellationToken, LinkFeatures needed = LinkFeatures.None)
    {
        var session = await SessionAsync(agentId, needed, cancellationToken);
        return await session.RequestAsync(method, json, RequestDeadline, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RequireAsync(Guid agentId, LinkFeatures needed, CancellationToken cancellationToken) => SessionAsync(agentId, needed, cancellationToken);

    private async Task<LinkSession> SessionAsync(Guid agentId, LinkFeatures needed, CancellationToken cancellationToken)
    {
        try
        {
            var session = await peers.WaitAsync(agentId, cancellationToken).WaitAsync(SessionDeadline, cancellationToken);
            return session.Features.HasFlag(needed) ? session : throw Lacks(NameOf(agentId) ?? agentId.ToString(), session.PeerSoftwareVersion, needed);
        }
        catch (TimeoutException error)
        {
            var name = NameOf(agentId) ?? agentId.ToString();
            var why = WhyNotConnected(agentId) is { } failure ? ErrorTranslation.OfLink(failure) : null;
            throw new ControlException(
                why?.ErrorId ?? ErrorIds.PeerUnreachable, why is null ? $"The agent '{name}' does not answer over the link." : $"The agent '{name}' is not connected: {why.Message}", name, error);
        }
    }

    private static ControlException Lacks(string name, string version, LinkFeatures needed) => needed.HasFlag(LinkFeatures.AsyncCopy)
        ? new ControlException(ErrorIds.CopyServiceNotSupported, $"The agent '{name}' (version {version}) does not have the copy service {CopyService.AsyncCopy}.", name)
        {
            Remedy = $"Update the agent '{name}', or leave -Service of New-MirrorPair out.",
        }
        : new ControlException(ErrorIds.PeerVersionNotSupported, $"The agent '{name}' (version {version}) does not know consistency groups over several agents.", name)
        {
            Remedy = $"Update the agent '{name}', or leave the pairs whose source or copy it has out of the group.",
        };
}

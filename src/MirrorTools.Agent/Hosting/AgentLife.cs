using System.Collections.Concurrent;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Groups;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Operations;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Pairs.Making;
using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Hosting;

/// <summary>
/// The order in which an agent starts and stops. Pairs are open, and hosts served, before the link listens: hosts come first. At the stop hosts leave first, then the
/// pairs close cleanly while the link still carries their goodbye.
/// </summary>
internal sealed class AgentLife(
    PairRegistry pairs, PairTakeBack unfinished, PairRequests requests, GroupRequests groups, PairEventBridge bridge, AttachmentService attachments, OperationService operations,
    LinkHost link, LinkHostOptions linkOptions, TrustService trust, EventLog events) : IHostedService
{
    private readonly ConcurrentDictionary<Guid, string> _names = [];

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (method, handler) in requests.Handlers.Concat(groups.Handlers))
        {
            linkOptions.RequestHandlers[method] = handler;
        }

        linkOptions.AcceptChannel = (peer, pair, channel) => ValueTask.FromResult(pairs.TryAccept(peer, pair, channel));
        link.Peers.SessionStarted += OnSessionStarted;
        link.Peers.SessionEnded += OnSessionEnded;
        link.Peers.Barred += OnBarred;
        trust.Joined += OnJoined;
        await unfinished.TakeFilesBackAsync();
        await pairs.OpenAllAsync(cancellationToken);
        await link.StartAsync(cancellationToken);
        unfinished.Begin();
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await operations.DisposeAsync();
        await attachments.DisposeAsync();
        await unfinished.DisposeAsync();
        await pairs.DisposeAsync();
        await link.StopAsync(cancellationToken);
        await bridge.DisposeAsync();
    }

    private void OnJoined(TrustedPeer peer) =>
        events.Write(EventKinds.TrustAdded, null, "the other agent", ("peer", peer.Name), ("fingerprint", peer.Fingerprint));

    private void OnSessionStarted(LinkSession session) => events.Write(EventKinds.LinkConnected, null, null, ("peer", NameOf(session.PeerAgentId)));

    private void OnSessionEnded(LinkSession session) =>
        events.Write(EventKinds.LinkLost, null, null, ("peer", NameOf(session.PeerAgentId)), ("cause", session.Failure?.Message ?? "it was closed."));

    private void OnBarred(Guid agentId, Exception cause) =>
        events.Write(EventKinds.LinkBarred, null, null, ("peer", NameOf(agentId)), ("errorId", ErrorTranslation.OfLink(cause).ErrorId), ("cause", cause.Message));

    // A session ends after its trust was removed: the name it had is kept.
    private string NameOf(Guid agentId)
    {
        if (trust.List().FirstOrDefault(peer => peer.AgentId == agentId) is { } peer)
        {
            _names[agentId] = peer.Name;
        }

        return _names.GetValueOrDefault(agentId) ?? agentId.ToString();
    }
}

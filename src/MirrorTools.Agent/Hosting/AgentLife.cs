using MirrorTools.Agent.Events;
using MirrorTools.Agent.Exports;
using MirrorTools.Agent.Link;
using MirrorTools.Agent.Operations;
using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Hosting;

/// <summary>
/// The order in which an agent starts and stops. Pairs are open, and hosts served, before the link listens: hosts come first. At the stop hosts leave first, then the
/// pairs close cleanly while the link still carries their goodbye.
/// </summary>
internal sealed class AgentLife(
    PairRegistry pairs, PairRequests requests, PairEventBridge bridge, AttachmentService attachments, OperationService operations,
    LinkHost link, LinkHostOptions linkOptions, TrustService trust, EventLog events) : IHostedService
{
    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (method, handler) in requests.Handlers)
        {
            linkOptions.RequestHandlers[method] = handler;
        }

        linkOptions.AcceptChannel = (peer, pair, channel) => ValueTask.FromResult(pairs.TryAccept(peer, pair, channel));
        link.Peers.SessionStarted += OnSessionStarted;
        link.Peers.SessionEnded += OnSessionEnded;
        await pairs.OpenAllAsync(cancellationToken);
        await link.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await operations.DisposeAsync();
        await attachments.DisposeAsync();
        await pairs.DisposeAsync();
        await link.StopAsync(cancellationToken);
        await bridge.DisposeAsync();
    }

    private void OnSessionStarted(LinkSession session) => events.Write(EventKinds.LinkConnected, null, null, ("peer", NameOf(session)));

    private void OnSessionEnded(LinkSession session) =>
        events.Write(EventKinds.LinkLost, null, null, ("peer", NameOf(session)), ("cause", session.Failure?.Message ?? "it was closed."));

    private string NameOf(LinkSession session) =>
        trust.List().FirstOrDefault(peer => peer.AgentId == session.PeerAgentId)?.Name ?? session.PeerAgentId.ToString();
}

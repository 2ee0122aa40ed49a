using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;
using SessionOptions = MirrorTools.Engine.Link.LinkOptions;

namespace MirrorTools.Agent.Link;

/// <summary>Makes sessions of connections whose key is known, and gives them to the directory.</summary>
internal sealed class LinkSessions(AgentIdentity identity, LinkHostOptions options, PeerDirectory directory, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<LinkSession>();

    /// <summary>Shakes hands, and keeps the session where the directory does; null where it turned it away.</summary>
    /// <exception cref="LinkClosedException">The handshake failed.</exception>
    public async Task<LinkSession?> StartAsync(TlsLinkTransport transport, TrustedPeer peer, bool isInitiator, CancellationToken cancellationToken)
    {
        LinkSession session;
        try
        {
            session = await LinkSession.StartAsync(transport, OptionsFor(peer, isInitiator), time, _logger, cancellationToken);
        }
        catch (LinkClosedException error) when (!isInitiator && !error.IsTransient)
        {
            // The side that connects notes its failures itself; nobody else would note this one.
            directory.NoteFailure(peer.AgentId, error);
            throw;
        }

        if (directory.TryAdd(session, transport.PeerPin))
        {
            return session;
        }

        await session.DisposeAsync();
        return null;
    }

    private SessionOptions OptionsFor(TrustedPeer peer, bool isInitiator) => new()
    {
        AgentId = identity.AgentId,
        SoftwareVersion = options.SoftwareVersion,
        IsInitiator = isInitiator,
        NewId = Guid.NewGuid,
        ExpectedPeerAgentId = peer.AgentId,
        Compression = options.Compression,
        Features = options.Features,
        KeepAliveInterval = options.KeepAliveInterval,
        KeepAliveDeadline = options.KeepAliveDeadline,
        RequestHandlers = options.RequestHandlers,
        AcceptChannel = options.AcceptChannel is { } accept ? (pairId, channel) => accept(peer.AgentId, pairId, channel) : null,
    };
}

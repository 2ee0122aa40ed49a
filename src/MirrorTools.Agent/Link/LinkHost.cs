using System.Net;
using MirrorTools.Agent.Trust;

namespace MirrorTools.Agent.Link;

/// <summary>Listens for peers, connects to them, reconnects, and keeps the <see cref="PeerDirectory"/>.</summary>
public sealed class LinkHost : IHostedService, IAsyncDisposable
{
    /// <summary>Creates the host; it does nothing until it starts.</summary>
    public LinkHost(AgentIdentity identity, TrustStore store, TrustService trust, LinkHostOptions options, TimeProvider time, ILoggerFactory loggers) =>
        throw new NotImplementedException();

    /// <summary>The sessions to peers.</summary>
    public PeerDirectory Peers { get; } = new();

    /// <summary>Where the link listens, with the real ports; empty until it has started.</summary>
    public IReadOnlyList<IPEndPoint> ListenEndPoints => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

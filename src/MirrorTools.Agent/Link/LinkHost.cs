using System.Net;
using System.Net.Sockets;
using MirrorTools.Agent.Hosting;
using MirrorTools.Agent.Trust;

namespace MirrorTools.Agent.Link;

/// <summary>Listens for peers, connects to them, reconnects, and keeps the <see cref="PeerDirectory"/>.</summary>
public sealed class LinkHost : IHostedService, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly TrustStore _store;
    private readonly LinkHostOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LinkSessions _sessions;
    private readonly LinkDialer _dialer;
    private readonly Func<IPEndPoint, LinkListener> _listen;
    private readonly List<LinkListener> _listeners = [];
    private readonly Dictionary<Guid, (CancellationTokenSource Stop, Task Run)> _connectors = [];
    private bool _running;

    /// <summary>Creates the host; it does nothing until it starts.</summary>
    public LinkHost(AgentIdentity identity, TrustStore store, TrustService trust, LinkHostOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (_store, _options, _time, _logger) = (store, options, time, loggers.CreateLogger<LinkHost>());
        Peers = new PeerDirectory(store, identity.AgentId, time, _logger);
        _sessions = new LinkSessions(identity, options, Peers, time, loggers);
        _dialer = new LinkDialer(identity, time);
        _listen = endPoint => new LinkListener(endPoint, identity, store, trust, _sessions, Counters, time, _logger);
    }

    /// <summary>The sessions to peers.</summary>
    public PeerDirectory Peers { get; }

    /// <summary>What the listeners have turned away.</summary>
    public LinkCounters Counters { get; } = new();

    /// <summary>Where the link listens, with the real ports; empty until it has started.</summary>
    public IReadOnlyList<IPEndPoint> ListenEndPoints
    {
        get
        {
            lock (_gate)
            {
                return [.. _listeners.Select(listener => listener.EndPoint)];
            }
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _running = true;
            foreach (var endPoint in _options.ListenEndPoints)
            {
                _listeners.Add(Listen(endPoint));
            }

            _store.Added += OnAdded;
            _store.Removed += OnRemoved;
            foreach (var peer in _store.List())
            {
                Connect(peer);
            }

            _listeners.ForEach(listener => listener.Start());
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        List<LinkListener> listeners;
        List<(CancellationTokenSource Stop, Task Run)> connectors;
        lock (_gate)
        {
            if (!_running)
            {
                return;
            }

            _running = false;
            _store.Added -= OnAdded;
            _store.Removed -= OnRemoved;
            (listeners, connectors) = ([.. _listeners], [.. _connectors.Values]);
            _listeners.Clear();
            _connectors.Clear();
        }

        await Task.WhenAll(listeners.Select(listener => listener.DisposeAsync().AsTask()));
        await Task.WhenAll(connectors.Select(connector => StopAsync(connector.Stop, connector.Run)));
        await Task.WhenAll(Peers.Close().Select(session => session.DisposeAsync().AsTask()));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private static async Task StopAsync(CancellationTokenSource stop, Task run)
    {
        await stop.CancelAsync();
        await run;
        stop.Dispose();
    }

    private LinkListener Listen(IPEndPoint endPoint)
    {
        try
        {
            return _listen(endPoint);
        }
        catch (SocketException error)
        {
            throw new AgentStartException($"The link can't listen on {endPoint}: {error.Message.TrimEnd('.')}. Choose another address for it.", error);
        }
    }

    private void OnAdded(TrustedPeer peer)
    {
        // A peer that was paired anew may have another key; what stands under the old one is over.
        Peers.Cut(peer.AgentId, "The agents were paired anew.");
        lock (_gate)
        {
            Disconnect(peer.AgentId);
            Connect(peer);
        }
    }

    private void OnRemoved(TrustedPeer peer)
    {
        lock (_gate)
        {
            Disconnect(peer.AgentId);
        }

        Peers.Cut(peer.AgentId, "The trust was removed.");
    }

    private void Connect(TrustedPeer peer)
    {
        if (_running && peer.Addresses.Count > 0)
        {
            var stop = new CancellationTokenSource();
            var connector = new LinkConnector(peer, _dialer, _sessions, Peers, new ReconnectDelay(_options.Random), _time, _logger);
            _connectors[peer.AgentId] = (stop, Task.Run(() => GuardAsync(connector, stop.Token)));
        }
    }

    private void Disconnect(Guid agentId)
    {
        if (_connectors.Remove(agentId, out var connector))
        {
            _ = StopAsync(connector.Stop, connector.Run);
        }
    }

    private async Task GuardAsync(LinkConnector connector, CancellationToken cancellationToken)
    {
        try
        {
            await connector.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (Exception error)
        {
            LinkHostLog.UnknownFault(_logger, error);
        }
    }
}

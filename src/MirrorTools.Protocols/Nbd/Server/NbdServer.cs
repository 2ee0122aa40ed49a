using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace MirrorTools.Protocols.Nbd;

/// <summary>Serves a table of exports to NBD clients (fixed newstyle, structured replies; see docs/formats/nbd.md).</summary>
public sealed class NbdServer : IAsyncDisposable
{
    private static readonly TimeSpan DisposeDeadline = TimeSpan.FromSeconds(5);

    private readonly NbdServerContext _context;
    private readonly List<NbdListener> _listeners = [];
    private readonly List<Task> _acceptLoops = [];
    private readonly ConcurrentDictionary<long, NbdConnection> _connections = new();
    private readonly CancellationTokenSource _stopping = new();
    private long _lastId;
    private int _state;

    /// <summary>Creates a server that does not listen yet.</summary>
    /// <exception cref="ArgumentException">The options contradict each other, for example a public address without TLS.</exception>
    public NbdServer(NbdServerOptions options, NbdExportTable exports, ILogger<NbdServer> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _context = new NbdServerContext(options, exports, logger);
    }

    /// <summary>The TCP address it listens on, with the real port; null where it does not.</summary>
    public IPEndPoint? TcpEndPoint { get; private set; }

    /// <summary>The Unix socket it listens on; null where it does not.</summary>
    public string? UnixSocketPath { get; private set; }

    /// <summary>The connections there are.</summary>
    public IReadOnlyList<NbdConnectionInfo> Connections => [.. _connections.Values.Select(connection => connection.Info)];

    /// <summary>Payload bytes in flight on all connections, for supervision.</summary>
    public long BytesInFlight => _context.Budget.UsedBytes;

    /// <summary>Binds and listens. On return clients can connect.</summary>
    /// <exception cref="IOException">An address is in use or can't be bound.</exception>
    public ValueTask StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.CompareExchange(ref _state, 1, 0) != 0)
        {
            throw new InvalidOperationException("An NBD server starts once.");
        }

        NbdServerOptions options = _context.Options;
        try
        {
            if (options.UnixSocketPath is string path)
            {
                _listeners.Add(NbdListener.OnUnix(path, options.AllowLocalUsers, _context.Logger));
                UnixSocketPath = path;
            }

            if (options.TcpEndPoint is IPEndPoint endPoint)
            {
                NbdListener listener = NbdListener.OnTcp(endPoint, _context.Logger);
                _listeners.Add(listener);
                TcpEndPoint = listener.TcpEndPoint;
            }
        }
        catch (IOException)
        {
            CloseListeners();
            throw;
        }

        foreach (NbdListener listener in _listeners)
        {
            bool isTcp = listener.TcpEndPoint is not null;
            _acceptLoops.Add(listener.AcceptAsync(socket => Accept(socket, isTcp), _stopping.Token));
            _context.Logger.Listening(listener.Address);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Stops listening, lets requests in flight finish within the deadline, closes all connections. Idempotent.</summary>
    public async ValueTask StopAsync(TimeSpan deadline)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_acceptLoops).ConfigureAwait(false);
        CloseListeners();
        await Task.WhenAll(_connections.Values.Select(connection => connection.DrainAsync(deadline))).ConfigureAwait(false);
    }

    /// <summary>Stops with a deadline of five seconds.</summary>
    public ValueTask DisposeAsync() => StopAsync(DisposeDeadline);

    private void Accept(Socket socket, bool isTcp)
    {
        NbdServerOptions options = _context.Options;
        if (_connections.Count >= options.MaxConnections)
        {
            _context.Logger.TooManyConnections(options.MaxConnections);
            socket.Dispose();
            return;
        }

        try
        {
            long id = Interlocked.Increment(ref _lastId);
            string peer = isTcp ? socket.RemoteEndPoint?.ToString() ?? "?" : "unix";
            var connection = new NbdConnection(_context, socket, id, peer, tlsRequired: isTcp && options.Tls is not null);
            _connections[id] = connection;
            connection.Ended.ContinueWith(
                _ => _connections.TryRemove(id, out NbdConnection? _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            connection.Start();
        }
        catch (Exception exception) when (exception is SocketException or OutOfMemoryException)
        {
            // The client left at once, or no thread could be had for it.
            _context.Logger.Broken(_lastId, "?", 0, exception.Message, exception);
            _connections.TryRemove(_lastId, out _);
            socket.Dispose();
        }
    }

    private void CloseListeners()
    {
        foreach (NbdListener listener in _listeners)
        {
            listener.Dispose();
        }

        _listeners.Clear();
    }
}

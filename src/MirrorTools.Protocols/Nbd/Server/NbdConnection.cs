using System.Net.Sockets;

namespace MirrorTools.Protocols.Nbd;

/// <summary>One client, from its handshake to its end, on a thread of its own.</summary>
internal sealed class NbdConnection
{
    private const int StackBytes = 512 * 1024;

    private readonly NbdServerContext _server;
    private readonly NbdSocketTransport _socketTransport;
    private readonly bool _tlsRequired;
    private readonly CancellationTokenSource _cutOff = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private NbdTransmission? _transmission;
    private NbdExportEntry? _entry;
    private long _drainUntilMs;
    private volatile bool _draining;
    private bool _isEndLogged;

    public NbdConnection(NbdServerContext server, Socket socket, long id, string peer, bool tlsRequired)
    {
        _server = server;
        _tlsRequired = tlsRequired;
        Id = id;
        Peer = peer;
        _socketTransport = new NbdSocketTransport(socket, server.Options.HandshakeDeadline, server.Options.StallDeadline);
        Transport = _socketTransport;
    }

    public long Id { get; }

    public string Peer { get; }

    public bool IsTls { get; set; }

    /// <summary>The way to the client; another one after STARTTLS.</summary>
    public NbdTransport Transport { get; set; }

    /// <summary>Completes when the connection is closed and nothing of it is in flight, or was cut off.</summary>
    public Task Ended => _ended.Task;

    public NbdConnectionInfo Info => new(Id, Peer, _entry?.Export.Name, IsTls, _transmission?.Served ?? 0);

    public void Start() => new Thread(Run, StackBytes) { IsBackground = true, Name = $"nbd-{Id}" }.Start();

    /// <summary>Attaches to an export during the handshake; null where it is not there any more.</summary>
    public NbdExportEntry? TryAttach(string name)
    {
        if (_server.Exports.TryAttach(name, this, out NbdExportEntry? entry))
        {
            _entry = entry;
        }

        return entry;
    }

    /// <summary>Takes no further request, lets those in flight finish within the deadline, then closes. Past it the connection is cut off.</summary>
    public async Task DrainAsync(TimeSpan deadline)
    {
        lock (_gate)
        {
            if (!_draining)
            {
                Volatile.Write(ref _drainUntilMs, Environment.TickCount64 + (long)deadline.TotalMilliseconds);
                _draining = true;
                Transport.Interrupt();
            }
        }

        try
        {
            await _ended.Task.WaitAsync(deadline).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A client that takes no replies, or an export that hangs, must not hold the caller up.
            _server.Logger.CutOff(Id);
            await _cutOff.CancelAsync().ConfigureAwait(false);
            Transport.Abort();
        }
    }

    private void Run()
    {
        Guard(Serve);
        Guard(End);
        _ended.TrySetResult();
    }

    /// <summary>Whatever goes wrong with one client ends with this client's connection.</summary>
    private void Guard(Action stage)
    {
        try
        {
            stage();
        }
        catch (IOException exception)
        {
            // One line, and no stack for what a client did.
            _isEndLogged = true;
            _server.Logger.Broken(Id, Peer, _transmission?.Served ?? 0, exception.Message, exception.InnerException);
        }
        catch (Exception exception)
        {
            _isEndLogged = true;
            _server.Logger.Unexpected(Id, exception);
        }
    }

    private void Serve()
    {
        var input = new NbdInput(Transport);
        var handshake = new NbdHandshake(this, input, _server.Exports, _server.Options.Tls, _tlsRequired);
        if (handshake.Run() is not NbdSession session)
        {
            return;
        }

        _server.Logger.Attached(Id, Peer, session.Export.Name);
        _socketTransport.EndHandshake();
        _transmission = new NbdTransmission(this, _server, input, session, _cutOff.Token);
        _transmission.Run(() => _draining);
    }

    private void End()
    {
        try
        {
            if (_transmission is not null)
            {
                Settle(_transmission);
            }
        }
        finally
        {
            if (_entry is not null)
            {
                _server.Exports.Detach(_entry, this);
            }

            Transport.Dispose();
            if (!_isEndLogged)
            {
                _server.Logger.Closed(Id, _transmission?.Served ?? 0);
            }
        }
    }

    private void Settle(NbdTransmission transmission)
    {
        TimeSpan patience = _draining
            ? TimeSpan.FromMilliseconds(Math.Max(0, Volatile.Read(ref _drainUntilMs) - Environment.TickCount64))
            : _server.Options.StallDeadline;
        if (transmission.Finish(patience))
        {
            transmission.Dispose();
            return;
        }

        _server.Logger.CutOff(Id);
        transmission.Abandon();
        _cutOff.Cancel();
    }
}

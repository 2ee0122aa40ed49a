using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Link;

/// <summary>
/// Takes connections of peers and, while there is a pairing code, of an agent that wants to pair. Whoever shows no key, a stranger's, or nothing of sense is
/// closed; how many may shake hands at once and how long is bounded, and none of them costs more than its TLS buffers (P-9).
/// </summary>
internal sealed class LinkListener : IAsyncDisposable
{
    private const int MaxHandshakes = 32;
    private const int Backlog = 64;
    private static readonly TimeSpan HandshakeDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly AgentIdentity _identity;
    private readonly TrustStore _store;
    private readonly TrustService _trust;
    private readonly LinkSessions _sessions;
    private readonly LinkCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;
    private int _shaking;

    public LinkListener(
        IPEndPoint endPoint, AgentIdentity identity, TrustStore store, TrustService trust, LinkSessions sessions, LinkCounters counters,
        TimeProvider time, ILogger logger)
    {
        (_identity, _store, _trust, _sessions, _counters, _time, _logger) = (identity, store, trust, sessions, counters, time, logger);
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(endPoint);
            _socket.Listen(Backlog);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Begins to take connections.</summary>
    public void Start()
    {
        _accepting = AcceptAsync();
        LinkHostLog.Listening(_logger, EndPoint.ToString());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(_stopping.Token);
                _counters.CountAccepted();
                Take(socket);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }

                // Out of descriptors, or the peer left in the queue: both pass, and a loop without a pause would not help them to.
                LinkHostLog.AcceptFailed(_logger, error, EndPoint.ToString());
                await Task.Delay(AcceptPause, _time);
            }
        }
    }

    private void Take(Socket socket)
    {
        if (Interlocked.Increment(ref _shaking) > MaxHandshakes)
        {
            Interlocked.Decrement(ref _shaking);
            _counters.CountTurnedAway();
            LinkHostLog.TurnedAway(_logger, AddressOf(socket), _counters.TurnedAway);
            socket.Dispose();
            return;
        }

        _ = ServeAsync(socket);
    }

    private async Task ServeAsync(Socket socket)
    {
        string address = AddressOf(socket);
        SslStream? stream = null;
        try
        {
            // Shaking hands includes the session's own handshake, or the pairing: its deadline covers all of it.
            using var deadline = new CancellationTokenSource(HandshakeDeadline, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
            TlsLinkTransport.Prepare(socket);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            bool pairing = false;
            await stream.AuthenticateAsServerAsync(
                (_, hello, _, _) => new ValueTask<SslServerAuthenticationOptions>(Choose(hello.ServerName, address, out pairing)), null, either.Token);
            var transport = new TlsLinkTransport(socket, stream);
            stream = null;
            await (pairing ? PairAsync(transport, either.Token) : LinkAsync(transport, either.Token));
        }
        catch (Exception error) when (error is IOException or AuthenticationException or SocketException or OperationCanceledException
            or ObjectDisposedException or InvalidOperationException)
        {
            _counters.CountFailedHandshake();
            LinkHostLog.HandshakeFailed(_logger, address, error.Message, _counters.FailedHandshakes);
        }
        catch (Exception error)
        {
            LinkHostLog.UnknownFault(_logger, error);
        }
        finally
        {
            Interlocked.Decrement(ref _shaking);
            if (stream is not null)
            {
                socket.Dispose();
                await stream.DisposeAsync();
            }
        }
    }

    private SslServerAuthenticationOptions Choose(string serverName, string address, out bool pairing)
    {
        // Without a code there is nothing to pair with, and a stranger gets no further than its first bytes.
        pairing = string.Equals(serverName, LinkTls.PairingName, StringComparison.OrdinalIgnoreCase) && _trust.AcceptsPairing;
        return LinkTls.Server(_identity, pairing ? _ => true : certificate => Knows(certificate, address));
    }

    private bool Knows(X509Certificate2 certificate, string address)
    {
        var fingerprint = PublicKeyPin.Fingerprint(PublicKeyPin.Of(certificate));
        if (_store.FindByFingerprint(fingerprint) is not null)
        {
            return true;
        }

        _counters.CountUnknownKey();
        LinkHostLog.UnknownKey(_logger, address, fingerprint, _counters.UnknownKeys);
        return false;
    }

    private async Task LinkAsync(TlsLinkTransport transport, CancellationToken cancellationToken)
    {
        if (_store.FindByFingerprint(PublicKeyPin.Fingerprint(transport.PeerPin)) is { } peer)
        {
            await _sessions.StartAsync(transport, peer, isInitiator: false, cancellationToken);
        }
        else
        {
            await transport.DisposeAsync();
        }
    }

    private async Task PairAsync(TlsLinkTransport transport, CancellationToken cancellationToken)
    {
        await using (transport)
        {
            PairingStatus status;
            try
            {
                status = await _trust.AnswerAsync(transport, transport.PeerPin, transport.PeerAddress, cancellationToken);
            }
            catch (PairingRefusedException error)
            {
                status = error.Status;
            }

            if (status != PairingStatus.Good)
            {
                _counters.CountFailedPairing();
                LinkHostLog.PairingFailed(_logger, transport.PeerAddress, status.ToString(), _counters.FailedPairings);
            }
        }
    }

    private static string AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? "an unknown address";
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has gone already.
            return "an address that has gone";
        }
    }
}

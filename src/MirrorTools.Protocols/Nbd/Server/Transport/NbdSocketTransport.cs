using System.Net.Sockets;

namespace MirrorTools.Protocols.Nbd;

/// <summary>A connection in the clear.</summary>
internal sealed class NbdSocketTransport : NbdTransport
{
    private const int SendBufferBytes = 1024 * 1024;
    private const int KeepAliveSeconds = 60;

    private readonly Socket _socket;
    private readonly TimeSpan _stallDeadline;
    private long _giveUpAtMs;
    private volatile bool _interrupted;

    /// <summary>Takes the socket over, with one deadline for all that is received until <see cref="EndHandshake"/>.</summary>
    public NbdSocketTransport(Socket socket, TimeSpan handshakeDeadline, TimeSpan stallDeadline)
    {
        _socket = socket;
        _stallDeadline = stallDeadline;
        _giveUpAtMs = Environment.TickCount64 + (long)handshakeDeadline.TotalMilliseconds;
        _socket.Blocking = true;
        _socket.SendTimeout = (int)stallDeadline.TotalMilliseconds;
        _socket.SendBufferSize = SendBufferBytes;
        if (_socket.ProtocolType == ProtocolType.Tcp)
        {
            _socket.NoDelay = true;

            // An idle client may be silent for ever, but one whose machine is gone must not keep its place.
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            _socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds / 4);
        }
    }

    /// <summary>From now on a deadline holds per stall, not for all together.</summary>
    public void EndHandshake()
    {
        _giveUpAtMs = 0;
        _socket.ReceiveTimeout = (int)_stallDeadline.TotalMilliseconds;
    }

    /// <summary>A socket polls as writable only with a good part of its buffer free, which is far more than a small reply.</summary>
    public override bool HasRoomToSend
    {
        get
        {
            try
            {
                return OperatingSystem.IsLinux() && _socket.Poll(0, SelectMode.SelectWrite);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    public override int Receive(Span<byte> buffer, bool mayIdle)
    {
        while (true)
        {
            if (_giveUpAtMs != 0)
            {
                long leftMs = _giveUpAtMs - Environment.TickCount64;
                if (leftMs <= 0)
                {
                    throw new IOException("The client did not finish its handshake in time.");
                }

                _socket.ReceiveTimeout = (int)leftMs;
            }

            int received = ReceiveOnce(buffer, out SocketError error);
            switch (error)
            {
                case SocketError.Success:
                    return received;
                case SocketError.Interrupted:
                    continue;
                case SocketError.TimedOut or SocketError.WouldBlock when _giveUpAtMs != 0 || (mayIdle && !_interrupted):
                    continue;
                case SocketError.TimedOut or SocketError.WouldBlock:
                    throw new IOException($"The client stalled for {_stallDeadline.TotalSeconds:0} s inside a message.");
                case SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.OperationAborted:
                    return 0;
                default:
                    throw new IOException("Receiving failed.", new SocketException((int)error));
            }
        }
    }

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
                if (error is not SocketError.Success and not SocketError.Interrupted)
                {
                    throw new IOException("The client takes no replies.", new SocketException((int)error));
                }

                bytes = bytes[sent..];
            }
        }
        catch (ObjectDisposedException exception)
        {
            throw new IOException("The connection was cut off.", exception);
        }
    }

    public override void Interrupt()
    {
        _interrupted = true;
        Shutdown(SocketShutdown.Receive);
    }

    public override void Abort()
    {
        _interrupted = true;
        Shutdown(SocketShutdown.Both);
        _socket.Dispose();
    }

    public override void Dispose()
    {
        Shutdown(SocketShutdown.Both);
        _socket.Dispose();
    }

    private int ReceiveOnce(Span<byte> buffer, out SocketError error)
    {
        try
        {
            return _socket.Receive(buffer, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            error = SocketError.OperationAborted;
            return 0;
        }
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster: there is nothing left to shut down.
        }
    }
}

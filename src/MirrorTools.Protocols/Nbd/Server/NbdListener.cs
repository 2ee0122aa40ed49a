using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace MirrorTools.Protocols.Nbd;

/// <summary>One listening socket and its accept loop.</summary>
internal sealed class NbdListener : IDisposable
{
    private const int Backlog = 512;
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly ILogger _logger;

    private NbdListener(Socket socket, ILogger logger, string address) => (_socket, _logger, Address) = (socket, logger, address);

    /// <summary>What it listens on, for people.</summary>
    public string Address { get; }

    /// <summary>The TCP address with the real port; null on a Unix socket.</summary>
    public IPEndPoint? TcpEndPoint => _socket.LocalEndPoint as IPEndPoint;

    public static NbdListener OnTcp(IPEndPoint endPoint, ILogger logger)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new NbdListener(socket, logger, socket.LocalEndPoint!.ToString()!);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new IOException($"The NBD server can't listen on {endPoint}: {exception.Message}.", exception);
        }
    }

    public static NbdListener OnUnix(string path, bool allowLocalUsers, ILogger logger)
    {
        Socket socket = NbdUnixSocket.Bind(path, allowLocalUsers);
        socket.Listen(Backlog);
        return new NbdListener(socket, logger, path);
    }

    /// <summary>Hands sockets over until the token is cancelled.</summary>
    public async Task AcceptAsync(Action<Socket> accepted, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                accepted(await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                // For example no file descriptor is left: others may be closed soon.
                _logger.AcceptFailed(Address, exception);
                await Task.Delay(PauseAfterFault, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}

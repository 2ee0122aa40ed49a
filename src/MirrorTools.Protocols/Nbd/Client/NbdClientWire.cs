using System.Net.Sockets;

namespace MirrorTools.Protocols.Nbd.Client;

/// <summary>The client's byte stream with a receive buffer before it.</summary>
internal sealed class NbdClientWire(Stream stream) : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;
    private static readonly TimeSpan PauseWhileBacklogIsFull = TimeSpan.FromMilliseconds(10);

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    /// <summary>The stream, for sending; replaced by STARTTLS.</summary>
    public Stream Stream { get; private set; } = stream;

    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    public static async Task<NbdClientWire> ConnectAsync(NbdAddress address, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            if (address.UnixSocketPath is string path)
            {
                socket = await ConnectUnixAsync(path, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(address.Host!, address.Port, cancellationToken).ConfigureAwait(false);
            }

            return new NbdClientWire(new NetworkStream(socket, ownsSocket: true));
        }
        catch (Exception exception)
        {
            socket?.Dispose();
            if (exception is SocketException)
            {
                throw new IOException($"No NBD server answers on '{address}'.", exception);
            }

            throw;
        }
    }

    /// <summary>Tries again while the server's backlog is full, which a Unix socket reports at once instead of waiting.</summary>
    private static async Task<Socket> ConnectUnixAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                socket.Dispose();
                await Task.Delay(PauseWhileBacklogIsFull, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    public void SwitchTo(Stream stream) => Stream = stream;

    public void Consume(int bytes) => _start += bytes;

    /// <summary>Receives until so many bytes (at most 64 KiB) are buffered.</summary>
    public async ValueTask FillAsync(int bytes, CancellationToken cancellationToken)
    {
        if (_end - _start >= bytes)
        {
            return;
        }

        Buffered.CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < bytes)
        {
            int received = await Stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (received == 0)
            {
                throw new EndOfStreamException("The NBD server closed the connection.");
            }

            _end += received;
        }
    }

    /// <summary>Takes exactly so many bytes; what is not buffered is received in place.</summary>
    public async ValueTask ReadExactlyAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int buffered = Math.Min(destination.Length, _end - _start);
        Buffered[..buffered].CopyTo(destination.Span);
        Consume(buffered);
        if (buffered < destination.Length)
        {
            await Stream.ReadExactlyAsync(destination[buffered..], cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}

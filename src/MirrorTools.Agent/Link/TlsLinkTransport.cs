using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using MirrorTools.Agent.Trust;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Link;

/// <summary>A byte stream to a peer over TLS over TCP.</summary>
internal sealed class TlsLinkTransport : ILinkTransport
{
    private readonly Socket _socket;
    private readonly SslStream _stream;

    public TlsLinkTransport(Socket socket, SslStream stream)
    {
        (_socket, _stream) = (socket, stream);
        PeerPin = PublicKeyPin.Of((X509Certificate2)stream.RemoteCertificate!);
        PeerAddress = socket.RemoteEndPoint?.ToString() ?? "";
    }

    /// <summary>The peer's public key.</summary>
    public byte[] PeerPin { get; }

    /// <summary>Where the peer is.</summary>
    public string PeerAddress { get; }

    /// <summary>Sets a socket up as every socket of the link is.</summary>
    public static void Prepare(Socket socket)
    {
        // Without it the last short segment of a message waits for the peer's delayed acknowledgement, about 40 ms.
        socket.NoDelay = true;
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _stream.WriteAsync(bytes, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => _stream.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // The socket first: closing TLS politely would wait for a peer that does not read. A goodbye is the session's own.
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The peer has gone already.
        }

        _socket.Dispose();
        return _stream.DisposeAsync();
    }
}

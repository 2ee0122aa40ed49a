using System.Net.Sockets;
using MirrorTools.Engine.Link;

namespace MirrorTools.Benchmarks.Link;

/// <summary>The link without TLS, to tell the two costs apart.</summary>
internal sealed class SocketTransport(Socket socket) : ILinkTransport
{
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => socket.ReceiveAsync(buffer, cancellationToken);

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

namespace MirrorTools.Engine.Link;

/// <summary>
/// A port: an authenticated, ordered, reliable byte stream to one peer agent. The agent plugs TLS over TCP in, the simulator a simulated link.
/// One send and one receive may be under way at a time.
/// </summary>
public interface ILinkTransport : IAsyncDisposable
{
    /// <summary>Sends all of <paramref name="bytes"/>; completes when the transport has taken them, not when the peer has.</summary>
    /// <exception cref="IOException">The link is cut.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Receives at least one byte; returns 0 where the peer has closed the stream.</summary>
    /// <exception cref="IOException">The link is cut.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);
}

namespace MirrorTools.Engine.Link;

/// <summary>
/// A port: one pair's ordered stream of messages to the agent that holds the pair's other side. Messages arrive in the order of the calls to
/// <see cref="SendAsync"/>, each exactly once, or the channel is closed. Everything acknowledged over one <see cref="SessionId"/> is void on the next.
/// </summary>
public interface IPeerChannel : IAsyncDisposable
{
    /// <summary>The pair the channel belongs to.</summary>
    Guid PairId { get; }

    /// <summary>The link session that carries the channel; both ends see the same id, and a new one after each reconnect.</summary>
    Guid SessionId { get; }

    /// <summary>Bytes of this channel's messages that went onto the link, frame headers included, compressed where that was agreed; 0 where there is no link in between.</summary>
    long SentBytes { get; }

    /// <summary>Completes, and never faults, when the channel can carry nothing more: cut, closed by the peer, or disposed here.</summary>
    Task Closed { get; }

    /// <summary>
    /// Sends one message. Waits until the peer has granted room for it; several calls may wait at once and keep their order. At completion
    /// <paramref name="payload"/> may be reused; whether the peer got it only the peer's answer tells.
    /// </summary>
    /// <exception cref="LinkClosedException">The channel is closed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The payload is longer than the link's largest frame.</exception>
    ValueTask SendAsync(in PeerMessage message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);

    /// <summary>Receives the next message; one call at a time. What arrived before the channel closed is still received.</summary>
    /// <exception cref="LinkClosedException">The channel is closed and everything that arrived has been received.</exception>
    ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken);
}

namespace MirrorTools.Protocols.Nbd;

/// <summary>
/// The bytes of one connection, by blocking calls: one thread receives, one at a time sends. A blocked thread is woken by the kernel directly, which an
/// asynchronous socket does only through an event loop and a pool thread; at queue depth 1 that is most of a request's time (docs/decisions/0020-nbd-threads.md).
/// </summary>
internal abstract class NbdTransport : IDisposable
{
    /// <summary>Receives at least one byte; 0 where the peer, or <see cref="Interrupt"/>, ended the stream.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="mayIdle">True between messages, where a peer may be silent for as long as it likes.</param>
    /// <exception cref="IOException">The connection broke, or the peer stalled past the deadline.</exception>
    public abstract int Receive(Span<byte> buffer, bool mayIdle);

    /// <summary>Sends all bytes.</summary>
    /// <exception cref="IOException">The connection broke, or the peer took nothing until the deadline.</exception>
    public abstract void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Whether a few tens of KiB can be sent without waiting for the peer; false where that can't be told.</summary>
    public virtual bool HasRoomToSend => false;

    /// <summary>Lets <see cref="Receive"/> return 0, from another thread; sending goes on.</summary>
    public abstract void Interrupt();

    /// <summary>Breaks the connection, from any thread.</summary>
    public abstract void Abort();

    /// <summary>Ends the stream in an orderly way and closes.</summary>
    public abstract void Dispose();
}

namespace MirrorTools.Engine.Link;

/// <summary>
/// A message from the peer. Disposing gives its buffer back to the pool and its room back to the peer, so hold one no longer than needed; a second
/// <see cref="Dispose"/> does nothing.
/// </summary>
public sealed class ReceivedMessage : IDisposable
{
    private Action<ReceivedMessage>? _release;

    /// <summary>Creates a message whose disposal calls <paramref name="release"/> once.</summary>
    public ReceivedMessage(in PeerMessage message, ReadOnlyMemory<byte> payload, Action<ReceivedMessage>? release)
    {
        Message = message;
        Payload = payload;
        _release = release;
    }

    /// <summary>The message's header.</summary>
    public PeerMessage Message { get; }

    /// <summary>The message's data, valid until <see cref="Dispose"/>; empty for a message without any.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        var release = Interlocked.Exchange(ref _release, null);
        release?.Invoke(this);
        Payload = default;
    }
}

using MirrorTools.Engine.Link;

namespace MirrorTools.Engine.Tests;

/// <summary>Two ends of a channel in memory: ordered, lossless until cut, with a gate that holds chosen messages back.</summary>
internal sealed class TestChannel : IPeerChannel
{
    private const ushort GrainData = 6;
    private const ushort GrainPart = 24;

    private readonly Queue<ReceivedMessage> _inbox = new();
    private readonly Queue<ReceivedMessage> _held = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _arrived;
    private TestChannel _other = null!;

    private TestChannel(Guid pairId, Guid sessionId)
    {
        PairId = pairId;
        SessionId = sessionId;
    }

    public Guid PairId { get; }

    public Guid SessionId { get; }

    public long SentBytes => SentPayloadBytes;

    public Task Closed => _closed.Task;

    /// <summary>Every message that was sent from this end.</summary>
    public List<PeerMessage> Sent { get; } = [];

    /// <summary>Bytes of grain data sent from this end.</summary>
    public long SentPayloadBytes { get; private set; }

    /// <summary>Messages of these kinds are swallowed: they neither arrive nor fail.</summary>
    public HashSet<ushort> Swallowed { get; } = [];

    /// <summary>Messages of these kinds wait here, in their order, until <see cref="Release"/>.</summary>
    public HashSet<ushort> Held { get; } = [];

    /// <summary>Told of each message before it is sent.</summary>
    public Action<PeerMessage>? Sending { get; set; }

    public static (TestChannel Source, TestChannel Target) Pair(Guid pairId, Guid sessionId)
    {
        TestChannel source = new(pairId, sessionId);
        TestChannel target = new(pairId, sessionId) { _other = source };
        source._other = target;
        return (source, target);
    }

    public ValueTask SendAsync(in PeerMessage message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfClosed();
        Sending?.Invoke(message);
        Sent.Add(message);
        SentPayloadBytes += message.Kind is GrainData or GrainPart ? payload.Length : 0;
        if (Held.Contains(message.Kind))
        {
            _held.Enqueue(new ReceivedMessage(message, payload.ToArray(), null));
        }
        else if (!Swallowed.Contains(message.Kind))
        {
            _other.Deliver(new ReceivedMessage(message, payload.ToArray(), null));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Lets everything that is held go on, and holds no more.</summary>
    public void Release()
    {
        Held.Clear();
        while (_held.TryDequeue(out ReceivedMessage? message))
        {
            _other.Deliver(message);
        }
    }

    /// <summary>Puts a message into the other end's inbox, whatever this end would have sent.</summary>
    public void Forge(PeerMessage message, byte[] payload) => _other.Deliver(new ReceivedMessage(message, payload, null));

    public async ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(() => _arrived?.TrySetCanceled(cancellationToken));
        while (_inbox.Count == 0)
        {
            ThrowIfClosed();
            cancellationToken.ThrowIfCancellationRequested();
            _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _arrived.Task;
        }

        return _inbox.Dequeue();
    }

    public ValueTask DisposeAsync()
    {
        Cut();
        return ValueTask.CompletedTask;
    }

    public void Cut()
    {
        Close();
        _other.Close();
    }

    private void Close()
    {
        _closed.TrySetResult();
        _inbox.Clear();
        _arrived?.TrySetException(new LinkClosedException(LinkCloseReason.Cut, "The test cut the link."));
    }

    private void Deliver(ReceivedMessage message)
    {
        if (!_closed.Task.IsCompleted)
        {
            _inbox.Enqueue(message);
            _arrived?.TrySetResult();
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed.Task.IsCompleted)
        {
            throw new LinkClosedException(LinkCloseReason.Cut, "The test cut the link.");
        }
    }
}

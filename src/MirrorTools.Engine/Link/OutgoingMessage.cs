using System.Buffers;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>A message on its way out. A small one has its own copy of the data, so that its sender need not wait for the transport.</summary>
internal sealed class OutgoingMessage : OutgoingFrame
{
    private readonly PeerMessage _message;
    private readonly ReadOnlyMemory<byte> _data;
    private readonly TaskCompletionSource? _sent;
    private readonly WireCount _count;
    private byte[]? _copy;

    private OutgoingMessage(
        uint channel, WireCount count, in PeerMessage message, ReadOnlyMemory<byte> data, TaskCompletionSource? sent, byte[]? copy)
        : base(LinkFrameType.Message, channel) =>
        (_count, _message, _data, _sent, _copy) = (count, message, data, sent, copy);

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Data => _data;

    /// <summary>Completes when the caller's memory is free; null where it is free already.</summary>
    public Task? Completion => _sent?.Task;

    /// <summary>A message whose data stays the caller's until it is sent.</summary>
    public static OutgoingMessage Borrow(uint channel, WireCount count, in PeerMessage message, ReadOnlyMemory<byte> data) =>
        new(channel, count, message, data, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), copy: null);

    /// <summary>A message with a copy of the data.</summary>
    public static OutgoingMessage Copy(uint channel, WireCount count, in PeerMessage message, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return new OutgoingMessage(channel, count, message, default, sent: null, copy: null);
        }

        byte[] copy = ArrayPool<byte>.Shared.Rent(data.Length);
        data.CopyTo(copy);
        return new OutgoingMessage(channel, count, message, copy.AsMemory(0, data.Length), sent: null, copy);
    }

    /// <inheritdoc/>
    public override int WriteHead(Span<byte> head) => new MessageHead(_message, _data.Length).Write(head);

    /// <inheritdoc/>
    public override void Leaving(int lengthBytes) => _count.Add(lengthBytes);

    /// <inheritdoc/>
    public override void Sent()
    {
        ReturnCopy();
        _sent?.TrySetResult();
    }

    /// <inheritdoc/>
    public override void Failed(LinkClosedException failure)
    {
        ReturnCopy();
        _sent?.TrySetException(failure.Again());
    }

    /// <summary>The caller gave up before the sender took the message.</summary>
    public void Cancel(CancellationToken cancellationToken) => _sent?.TrySetCanceled(cancellationToken);

    private void ReturnCopy()
    {
        if (Interlocked.Exchange(ref _copy, null) is { } copy)
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}

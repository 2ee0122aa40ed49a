using System.Buffers;
using System.Threading.Channels;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Pairs;

/// <summary>The two ends of a pair's channel within one agent that is both sites. A message waits for room until the other end has disposed of enough.</summary>
internal sealed class LocalChannel : IPeerChannel
{
    private const int MessagesAtMost = 512;
    private const int UnitBytes = 64 << 10;
    private const int UnitsAtMost = 512;

    private readonly Channel<ReceivedMessage> _arrivals = Channel.CreateBounded<ReceivedMessage>(MessagesAtMost);
    private readonly SemaphoreSlim _room = new(UnitsAtMost);
    private readonly SemaphoreSlim _order = new(1);
    private readonly CancellationTokenSource _end;
    private readonly TaskCompletionSource _closed;
    private LocalChannel _peer = null!;

    private LocalChannel(Guid pairId, Guid sessionId, CancellationTokenSource end, TaskCompletionSource closed) =>
        (PairId, SessionId, _end, _closed) = (pairId, sessionId, end, closed);

    /// <inheritdoc/>
    public Guid PairId { get; }

    /// <inheritdoc/>
    public Guid SessionId { get; }

    /// <inheritdoc/>
    public long SentBytes => 0;

    /// <inheritdoc/>
    public Task Closed => _closed.Task;

    /// <summary>Makes the two ends.</summary>
    public static (LocalChannel Source, LocalChannel Target) Create(Guid pairId)
    {
        var session = Guid.NewGuid();
        var end = new CancellationTokenSource();
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (source, target) = (new LocalChannel(pairId, session, end, closed), new LocalChannel(pairId, session, end, closed));
        (source._peer, target._peer) = (target, source);
        return (source, target);
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(in PeerMessage message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, LinkProtocol.MaxPayloadBytes);
        return SendCoreAsync(message, payload, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _arrivals.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException error)
        {
            throw Ended(error);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _arrivals.Writer.TryComplete();
        _peer._arrivals.Writer.TryComplete();
        _end.Cancel();
        _closed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    private static LinkClosedException Ended(Exception error) => new(LinkCloseReason.LocalClosed, "The pair's channel was closed.", error);

    private async ValueTask SendCoreAsync(PeerMessage message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        try
        {
            await _order.WaitAsync(either.Token);
            try
            {
                await DeliverAsync(message, payload, either.Token);
            }
            finally
            {
                _order.Release();
            }
        }
        catch (Exception error) when (error is ChannelClosedException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Ended(error);
        }
    }

    private async Task DeliverAsync(PeerMessage message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        // What was taken of the room when the channel ends is of no use to anybody any more.
        var units = (payload.Length + UnitBytes - 1) / UnitBytes;
        for (var taken = 0; taken < units; taken++)
        {
            await _room.WaitAsync(cancellationToken);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(buffer);
        var delivered = new ReceivedMessage(message, buffer.AsMemory(0, payload.Length), _ =>
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (units > 0)
            {
                _room.Release(units);
            }
        });
        await _peer._arrivals.Writer.WriteAsync(delivered, cancellationToken);
    }
}

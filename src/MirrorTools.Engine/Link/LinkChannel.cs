using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>One end of a channel: what a copy service calls. The frames of its life come from <see cref="LinkChannelTable"/>.</summary>
internal sealed class LinkChannel : IPeerChannel
{
    // Below it a copy costs less than making the sender wait for the transport.
    private const int CopiedBytes = 4 << 10;

    private readonly LinkSession _session;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WireCount _sent = new();
    private LinkClosedException? _failure;

    public LinkChannel(LinkSession session, uint id, Guid pairId, LinkChannelState state)
    {
        (_session, Id, PairId, State) = (session, id, pairId, state);
        Outbox = new LinkOutbox(session.Queue);
        Inbox = new LinkInbox(session.Options.ChannelCreditBytes, session.Options.ChannelCreditMessages);
        Release = Released;
    }

    /// <inheritdoc/>
    public Guid PairId { get; }

    /// <inheritdoc/>
    public Guid SessionId => _session.SessionId;

    /// <inheritdoc/>
    public long SentBytes => _sent.Bytes;

    /// <inheritdoc/>
    public Task Closed => _closed.Task;

    /// <summary>The channel's number in the frames.</summary>
    public uint Id { get; }

    /// <summary>Where the channel is in its life; guarded by the session's gate.</summary>
    public LinkChannelState State { get; set; }

    /// <summary>The sending half.</summary>
    public LinkOutbox Outbox { get; }

    /// <summary>The receiving half.</summary>
    public LinkInbox Inbox { get; }

    /// <summary>What a received message calls when it is disposed.</summary>
    public Action<ReceivedMessage> Release { get; }

    /// <summary>Completes when the peer has replied to the opening.</summary>
    public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public ValueTask SendAsync(in PeerMessage message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, _session.MaxPayloadBytes, nameof(payload));
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        OutgoingMessage frame;
        lock (_session.Gate)
        {
            if (_failure is not null)
            {
                return ValueTask.FromException(_failure.Again());
            }

            if (payload.Length <= CopiedBytes && Outbox.HasCreditFor(payload.Length))
            {
                Outbox.Add(OutgoingMessage.Copy(Id, _sent, message, payload.Span));
                return ValueTask.CompletedTask;
            }

            if (Outbox.IsFull)
            {
                return ValueTask.FromException(new InvalidOperationException(
                    $"{LinkProtocol.MaxWaitingSends} sends wait for the peer on one channel already; wait for some of them."));
            }

            frame = OutgoingMessage.Borrow(Id, _sent, message, payload);
            Outbox.Add(frame);
        }

        return cancellationToken.CanBeCanceled ? WaitSentAsync(frame, cancellationToken) : new ValueTask(frame.Completion!);
    }

    /// <inheritdoc/>
    public ValueTask<ReceivedMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReceivedMessage>(cancellationToken);
        }

        TaskCompletionSource<ReceivedMessage> receiver;
        lock (_session.Gate)
        {
            if (Inbox.TryTake(out var message))
            {
                return ValueTask.FromResult(message!);
            }

            if (_failure is not null)
            {
                return ValueTask.FromException<ReceivedMessage>(_failure.Again());
            }

            receiver = Inbox.Wait();
        }

        return cancellationToken.CanBeCanceled ? WaitReceivedAsync(receiver, cancellationToken) : new ValueTask<ReceivedMessage>(receiver.Task);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _session.Channels.CloseHere(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Ends the channel for its user, under the gate. The frames that will not go are returned to be failed outside it.
    /// </summary>
    /// <param name="failure">Why.</param>
    /// <param name="keepCredited">Whether messages that have their credit still go.</param>
    public List<OutgoingFrame> End(LinkClosedException failure, bool keepCredited)
    {
        if (_failure is not null)
        {
            return keepCredited ? [] : Outbox.Drain(onlyWaiting: false);
        }

        _failure = failure;
        Inbox.FailWait(failure);
        Opened.TrySetException(failure.Again());
        _ = Opened.Task.Exception; // Observed here: nobody may be waiting for the opening any more.
        _closed.TrySetResult();
        return Outbox.Drain(onlyWaiting: keepCredited);
    }

    private async ValueTask WaitSentAsync(OutgoingMessage frame, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            _ =>
            {
                bool cancelled;
                lock (_session.Gate)
                {
                    cancelled = Outbox.TryCancel(frame);
                }

                if (cancelled)
                {
                    frame.Cancel(cancellationToken);
                }
            },
            null);
        await frame.Completion!;
    }

    private async ValueTask<ReceivedMessage> WaitReceivedAsync(TaskCompletionSource<ReceivedMessage> receiver, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            _ =>
            {
                bool ended;
                lock (_session.Gate)
                {
                    ended = Inbox.TryEndWait(receiver);
                }

                if (ended)
                {
                    receiver.TrySetCanceled(cancellationToken);
                }
            },
            null);
        return await receiver.Task;
    }

    private void Released(ReceivedMessage message)
    {
        int lengthBytes = message.Payload.Length;
        LinkInbox.ReturnBuffer(message.Payload);
        bool overflow = false;
        lock (_session.Gate)
        {
            if (State == LinkChannelState.Open && Inbox.Release(lengthBytes))
            {
                overflow = !_session.Queue.TryAddControl(new OutgoingControl(LinkFrameType.Credit, Id, WriteCredit));
            }
        }

        if (overflow)
        {
            _session.CutForOverflow();
        }
    }

    private int WriteCredit(Span<byte> head)
    {
        lock (_session.Gate)
        {
            return State == LinkChannelState.Open ? Inbox.TakeCredit().Write(head) : -1;
        }
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>
/// The receiving half of a channel, guarded by the session's gate: what arrived and was not received yet, the room the peer still has, and what was
/// released since the last credit.
/// </summary>
internal sealed class LinkInbox
{
    private readonly Queue<ReceivedMessage> _arrived = new();
    private readonly int _windowBytes;
    private readonly int _windowMessages;
    private int _roomBytes;
    private int _roomMessages;
    private int _releasedBytes;
    private int _releasedMessages;
    private bool _creditQueued;
    private TaskCompletionSource<ReceivedMessage>? _receiver;

    public LinkInbox(int windowBytes, int windowMessages)
    {
        (_windowBytes, _windowMessages) = (windowBytes, windowMessages);
        (_roomBytes, _roomMessages) = (windowBytes, windowMessages);
    }

    /// <summary>Takes room for a message that arrives; false where the peer was not granted it, which ends the session.</summary>
    public bool TryReserve(int lengthBytes)
    {
        if (_roomMessages <= 0 || _roomBytes < lengthBytes)
        {
            return false;
        }

        _roomBytes -= lengthBytes;
        _roomMessages--;
        return true;
    }

    /// <summary>Hands a message to the one who waits for it, or keeps it.</summary>
    public void Deliver(ReceivedMessage message)
    {
        if (_receiver is { } receiver)
        {
            _receiver = null;
            receiver.SetResult(message);
        }
        else
        {
            _arrived.Enqueue(message);
        }
    }

    /// <summary>Takes the next message that has arrived.</summary>
    public bool TryTake(out ReceivedMessage? message) => _arrived.TryDequeue(out message);

    /// <summary>Waits for the next message.</summary>
    /// <exception cref="InvalidOperationException">Somebody waits already.</exception>
    public TaskCompletionSource<ReceivedMessage> Wait()
    {
        if (_receiver is not null)
        {
            throw new InvalidOperationException("One receive at a time may wait on a channel.");
        }

        _receiver = new TaskCompletionSource<ReceivedMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _receiver;
    }

    /// <summary>Ends a wait; false where a message came first.</summary>
    public bool TryEndWait(TaskCompletionSource<ReceivedMessage> receiver)
    {
        if (_receiver != receiver)
        {
            return false;
        }

        _receiver = null;
        return true;
    }

    /// <summary>Ends the wait, whoever's it is.</summary>
    public void FailWait(LinkClosedException failure)
    {
        _receiver?.SetException(failure.Again());
        _receiver = null;
    }

    /// <summary>Notes that a message of that length was released; true where a credit frame is to be queued now.</summary>
    public bool Release(int lengthBytes)
    {
        _releasedBytes += lengthBytes;
        _releasedMessages++;

        // A quarter of the window at a time: few frames, and the peer can always send its largest message while the rest is out.
        if (_creditQueued || (_releasedBytes < _windowBytes / 4 && _releasedMessages < Math.Max(1, _windowMessages / 4)))
        {
            return false;
        }

        _creditQueued = true;
        return true;
    }

    /// <summary>Takes what the credit frame gives back to the peer.</summary>
    public CreditFrame TakeCredit()
    {
        var credit = new CreditFrame(_releasedBytes, _releasedMessages);
        _roomBytes += _releasedBytes;
        _roomMessages += _releasedMessages;
        (_releasedBytes, _releasedMessages, _creditQueued) = (0, 0, false);
        return credit;
    }

    /// <summary>Drops what arrived and was not received.</summary>
    public void Clear()
    {
        while (_arrived.TryDequeue(out var message))
        {
            ReturnBuffer(message.Payload);
        }
    }

    /// <summary>Gives a message's buffer back to the pool.</summary>
    public static void ReturnBuffer(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > 0 && MemoryMarshal.TryGetArray(payload, out var segment))
        {
            ArrayPool<byte>.Shared.Return(segment.Array!);
        }
    }
}

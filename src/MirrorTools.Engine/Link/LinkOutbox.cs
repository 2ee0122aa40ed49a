using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>
/// The sending half of a channel, guarded by the session's gate: what waits for credit, what has it and waits for the sender, and the credit the
/// peer has granted.
/// </summary>
internal sealed class LinkOutbox(LinkSendQueue queue)
{
    private readonly Queue<OutgoingMessage> _waiting = new();
    private readonly Queue<OutgoingFrame> _ready = new();
    private long _windowBytes;
    private long _windowMessages;
    private long _creditBytes;
    private long _creditMessages;
    private bool _inTurn;

    /// <summary>Whether no more sends may wait.</summary>
    public bool IsFull => _waiting.Count >= LinkProtocol.MaxWaitingSends;

    /// <summary>Whether a message of that length may go at once.</summary>
    public bool HasCreditFor(int lengthBytes) => _waiting.Count == 0 && Covers(lengthBytes);

    /// <summary>Queues a message, which goes when the credit suffices.</summary>
    public void Add(OutgoingMessage message)
    {
        if (HasCreditFor(message.Data.Length))
        {
            Queue(message);
        }
        else
        {
            message.State = OutgoingState.Waiting;
            _waiting.Enqueue(message);
        }
    }

    /// <summary>Queues the channel's last frame behind the messages that have their credit.</summary>
    public void AddLast(OutgoingFrame frame)
    {
        _ready.Enqueue(frame);
        TakeTurn();
    }

    /// <summary>The first grant, which is also the bound of all later ones.</summary>
    public void Open(int windowBytes, int windowMessages)
    {
        (_windowBytes, _windowMessages) = (windowBytes, windowMessages);
        (_creditBytes, _creditMessages) = (windowBytes, windowMessages);
        Pump();
    }

    /// <summary>Credit came back; false where it is more than was ever given, which ends the session.</summary>
    public bool TryGrant(CreditFrame credit)
    {
        if (_creditBytes + credit.Bytes > _windowBytes || _creditMessages + credit.Messages > _windowMessages)
        {
            return false;
        }

        _creditBytes += credit.Bytes;
        _creditMessages += credit.Messages;
        Pump();
        return true;
    }

    /// <summary>Takes a message back that the sender has not taken; false where it has.</summary>
    public bool TryCancel(OutgoingMessage message)
    {
        switch (message.State)
        {
            case OutgoingState.Waiting:
                message.State = OutgoingState.Dropped;
                Pump();
                return true;
            case OutgoingState.Queued:
                message.State = OutgoingState.Dropped;
                _creditBytes += message.Data.Length;
                _creditMessages++;
                Pump();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Takes the next frame for the sender; null where all that waited was dropped.</summary>
    public OutgoingFrame? Take(out bool hasMore)
    {
        OutgoingFrame? taken = null;
        while (taken is null && _ready.TryDequeue(out var frame))
        {
            if (frame.State == OutgoingState.Queued)
            {
                frame.State = OutgoingState.Taken;
                taken = frame;
            }
        }

        hasMore = _inTurn = _ready.Count > 0;
        return taken;
    }

    /// <summary>Empties the half (or only what waits for credit) and returns the frames, to be failed outside the gate.</summary>
    public List<OutgoingFrame> Drain(bool onlyWaiting)
    {
        List<OutgoingFrame> frames = [.. _waiting.Where(frame => frame.State == OutgoingState.Waiting)];
        _waiting.Clear();
        if (!onlyWaiting)
        {
            frames.AddRange(_ready.Where(frame => frame.State == OutgoingState.Queued));
            _ready.Clear();
        }

        frames.ForEach(frame => frame.State = OutgoingState.Dropped);
        return frames;
    }

    private bool Covers(int lengthBytes) => _creditMessages > 0 && _creditBytes >= lengthBytes;

    private void Pump()
    {
        while (_waiting.TryPeek(out var message))
        {
            if (message.State == OutgoingState.Waiting)
            {
                if (!Covers(message.Data.Length))
                {
                    return;
                }

                Queue(message);
            }

            _waiting.Dequeue();
        }
    }

    private void Queue(OutgoingMessage message)
    {
        _creditBytes -= message.Data.Length;
        _creditMessages--;
        message.State = OutgoingState.Queued;
        _ready.Enqueue(message);
        TakeTurn();
    }

    private void TakeTurn()
    {
        if (!_inTurn)
        {
            _inTurn = true;
            queue.AddReady(this);
        }
    }
}

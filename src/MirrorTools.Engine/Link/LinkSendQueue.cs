using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>
/// What waits to be sent, guarded by the session's gate: frames of the session first, then the channels' messages in turn, so that a busy pair neither
/// delays a keep-alive nor another pair; the goodbye last.
/// </summary>
internal sealed class LinkSendQueue
{
    private readonly Queue<OutgoingFrame> _control = new();
    private readonly Queue<LinkOutbox> _ready = new();
    private OutgoingFrame? _goodbye;
    private TaskCompletionSource? _wake;

    /// <summary>True once it was emptied at the session's end: nothing will be queued, and nobody will be woken.</summary>
    public bool IsDrained { get; private set; }

    /// <summary>Queues a frame of the session; false where too many wait already, which ends the session.</summary>
    public bool TryAddControl(OutgoingFrame frame)
    {
        if (_control.Count >= LinkProtocol.MaxControlFrames)
        {
            return false;
        }

        _control.Enqueue(frame);
        Wake();
        return true;
    }

    /// <summary>A channel has frames to send now and had none before.</summary>
    public void AddReady(LinkOutbox outbox)
    {
        _ready.Enqueue(outbox);
        Wake();
    }

    /// <summary>Queues the frame that is sent when nothing else waits.</summary>
    public void AddGoodbye(OutgoingFrame frame)
    {
        _goodbye = frame;
        Wake();
    }

    /// <summary>Takes the next frame to send, or null.</summary>
    public OutgoingFrame? Take()
    {
        while (_control.TryDequeue(out var frame))
        {
            if (frame.State == OutgoingState.Queued)
            {
                frame.State = OutgoingState.Taken;
                return frame;
            }
        }

        while (_ready.TryDequeue(out var outbox))
        {
            var frame = outbox.Take(out bool hasMore);
            if (hasMore)
            {
                _ready.Enqueue(outbox);
            }

            if (frame is not null)
            {
                return frame;
            }
        }

        var goodbye = _goodbye;
        _goodbye = null;
        return goodbye;
    }

    /// <summary>Completes when there may be something to take; to be asked for under the same hold of the gate as an empty <see cref="Take"/>.</summary>
    public Task WaitAsync()
    {
        _wake ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _wake.Task;
    }

    /// <summary>Lets the sender look again.</summary>
    public void Wake()
    {
        _wake?.TrySetResult();
        _wake = null;
    }

    /// <summary>Empties the queue and returns the frames to be failed outside the gate, those of channels that are closed already included.</summary>
    public List<OutgoingFrame> Drain()
    {
        var frames = _control.Where(frame => frame.State == OutgoingState.Queued).ToList();
        foreach (var outbox in _ready)
        {
            frames.AddRange(outbox.Drain(onlyWaiting: false));
        }

        if (_goodbye is not null)
        {
            frames.Add(_goodbye);
        }

        frames.ForEach(frame => frame.State = OutgoingState.Dropped);
        _control.Clear();
        _ready.Clear();
        _goodbye = null;
        IsDrained = true;
        Wake();
        return frames;
    }
}

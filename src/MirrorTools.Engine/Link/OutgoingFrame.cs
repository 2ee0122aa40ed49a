using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>A frame on its way out. Its state is guarded by the session's gate.</summary>
internal abstract class OutgoingFrame(LinkFrameType type, uint channel)
{
    /// <summary>What the frame is.</summary>
    public LinkFrameType Type { get; } = type;

    /// <summary>The channel in the frame's header.</summary>
    public uint Channel { get; } = channel;

    /// <summary>Where it is on its way.</summary>
    public OutgoingState State { get; set; } = OutgoingState.Queued;

    /// <summary>What follows the head in the payload.</summary>
    public virtual ReadOnlyMemory<byte> Data => default;

    /// <summary>Writes the payload's head as late as possible and returns its length, or -1 where there is nothing to send any more.</summary>
    public abstract int WriteHead(Span<byte> head);

    /// <summary>So many bytes of it leave, its header included.</summary>
    public virtual void Leaving(int lengthBytes)
    {
    }

    /// <summary>The transport will not touch the frame's memory again, and has or will have sent it.</summary>
    public virtual void Sent()
    {
    }

    /// <summary>The frame was not sent, or not wholly, and its memory is free.</summary>
    public virtual void Failed(LinkClosedException failure)
    {
    }
}

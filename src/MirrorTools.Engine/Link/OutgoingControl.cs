using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>A frame other than a message.</summary>
/// <param name="type">What the frame is.</param>
/// <param name="channel">The channel in the frame's header.</param>
/// <param name="writeHead">Writes the payload's head; called when the frame is about to go.</param>
/// <param name="data">What follows the head.</param>
/// <param name="done">Called once when the frame was sent or has failed.</param>
internal sealed class OutgoingControl(
    LinkFrameType type, uint channel, OutgoingControl.HeadWriter? writeHead, ReadOnlyMemory<byte> data = default, Action? done = null)
    : OutgoingFrame(type, channel)
{
    /// <summary>Writes a payload's head and returns its length, or -1 where there is nothing to send any more.</summary>
    internal delegate int HeadWriter(Span<byte> head);

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Data { get; } = data;

    /// <inheritdoc/>
    public override int WriteHead(Span<byte> head) => writeHead is null ? 0 : writeHead(head);

    /// <inheritdoc/>
    public override void Sent() => done?.Invoke();

    /// <inheritdoc/>
    public override void Failed(LinkClosedException failure) => done?.Invoke();
}

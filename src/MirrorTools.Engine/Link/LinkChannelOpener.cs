using MirrorTools.Engine.Link.Frames;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Link;

/// <summary>
/// How a session's channels come to be. The side that connected numbers its channels odd, the other even, both upwards; a number is never used again,
/// so that a late frame can't reach another channel.
/// </summary>
internal sealed class LinkChannelOpener(LinkSession session, LinkChannelTable table)
{
    private uint _nextOwnId = session.Options.IsInitiator ? 1u : 2u;
    private uint _lastPeerId;

    /// <summary>Opens a channel and waits for the peer's reply.</summary>
    public async Task<IPeerChannel> OpenAsync(Guid pairId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkChannel channel;
        lock (session.Gate)
        {
            session.ThrowIfEnded();
            if (table.IsFull)
            {
                throw new LinkClosedException(LinkCloseReason.Refused, $"{session.Options.MaxChannels} channels are open on this session already.");
            }

            channel = new LinkChannel(session, _nextOwnId, pairId, LinkChannelState.Opening);
            _nextOwnId += 2;
            table.Add(channel);
            var open = new OpenChannelFrame(pairId, session.Options.ChannelCreditBytes, session.Options.ChannelCreditMessages);
            if (!session.Queue.TryAddControl(new OutgoingControl(LinkFrameType.OpenChannel, channel.Id, head => open.Write(head))))
            {
                table.Remove(channel);
                throw new LinkClosedException(LinkCloseReason.Refused, "Too many frames wait to be sent on this session.");
            }
        }

        try
        {
            await channel.Opened.Task.WithDeadline(session.Options.HandshakeDeadline, session.Time, cancellationToken);
            return channel;
        }
        catch (TimeoutException e)
        {
            table.CloseHere(channel);
            throw new LinkClosedException(
                LinkCloseReason.Refused, $"The peer did not answer the opening of a channel within {session.Options.HandshakeDeadline}.", e);
        }
        catch (OperationCanceledException)
        {
            table.CloseHere(channel);
            throw;
        }
    }

    /// <summary>The peer opens a channel.</summary>
    public void OnOpen(uint id, OpenChannelFrame frame)
    {
        LinkChannel? channel = null;
        bool overflow = false;
        lock (session.Gate)
        {
            if (id == 0 || id % 2 == _nextOwnId % 2 || id <= _lastPeerId)
            {
                throw LinkChannelTable.Violation($"The peer opened channel {id}, which is not its to open.");
            }

            RequireWindow(frame.CreditBytes, frame.CreditMessages);
            _lastPeerId = id;
            if (session.Options.AcceptChannel is null || session.IsClosing || table.IsFull)
            {
                overflow = !TryReply(id, accepted: false);
            }
            else
            {
                channel = new LinkChannel(session, id, frame.PairId, LinkChannelState.Deciding);
                table.Add(channel);
            }
        }

        if (overflow)
        {
            session.CutForOverflow();
        }

        if (channel is not null)
        {
            _ = DecideAsync(channel, frame);
        }
    }

    /// <summary>The peer replies to an opening.</summary>
    public void OnOpenReply(uint id, OpenReplyFrame frame)
    {
        List<OutgoingFrame> dropped = [];
        var refused = new LinkClosedException(LinkCloseReason.Refused, "The peer refused the channel.");
        lock (session.Gate)
        {
            if (table.TryFind(id) is not { State: LinkChannelState.Opening or LinkChannelState.Abandoned } channel)
            {
                throw LinkChannelTable.Violation($"The peer replied on channel {id}, which waits for no reply.");
            }

            if (!frame.Accepted)
            {
                table.Remove(channel);
                channel.State = LinkChannelState.Closed;
                dropped = channel.End(refused, keepCredited: false);
            }
            else if (channel.State == LinkChannelState.Abandoned)
            {
                table.StartClosing(channel);
            }
            else
            {
                RequireWindow(frame.CreditBytes, frame.CreditMessages);
                channel.State = LinkChannelState.Open;
                channel.Outbox.Open(frame.CreditBytes, frame.CreditMessages);
                channel.Opened.TrySetResult();
            }
        }

        dropped.ForEach(f => f.Failed(refused));
    }

    private void RequireWindow(int creditBytes, int creditMessages)
    {
        if (creditBytes < session.MaxPayloadBytes || creditBytes > LinkProtocol.MaxCreditBytes
            || creditMessages < 1 || creditMessages > LinkProtocol.MaxCreditMessages)
        {
            throw LinkChannelTable.Violation($"The peer granted {creditBytes} bytes in {creditMessages} messages, which is out of bounds.");
        }
    }

    private bool TryReply(uint id, bool accepted)
    {
        var reply = accepted
            ? new OpenReplyFrame(true, session.Options.ChannelCreditBytes, session.Options.ChannelCreditMessages)
            : new OpenReplyFrame(false, 0, 0);
        return session.Queue.TryAddControl(new OutgoingControl(LinkFrameType.OpenReply, id, head => reply.Write(head)));
    }

    private async Task DecideAsync(LinkChannel channel, OpenChannelFrame frame)
    {
        // The acceptor may take its time; the receive loop goes on meanwhile.
        await Task.Yield();
        bool accepted = false;
        try
        {
            accepted = await session.Options.AcceptChannel!(channel.PairId, channel);
        }
        catch (Exception e)
        {
            LinkLog.AcceptorFailed(session.Logger, e, channel.PairId, session.SessionId);
        }

        List<OutgoingFrame> dropped = [];
        var refused = new LinkClosedException(LinkCloseReason.LocalClosed, "This side refused the channel.");
        bool overflow;
        lock (session.Gate)
        {
            if (table.TryFind(channel.Id) is null)
            {
                return;
            }

            accepted &= channel.State == LinkChannelState.Deciding;
            overflow = !TryReply(channel.Id, accepted);
            if (accepted)
            {
                channel.State = LinkChannelState.Open;
                channel.Outbox.Open(frame.CreditBytes, frame.CreditMessages);
            }
            else
            {
                table.Remove(channel);
                channel.State = LinkChannelState.Closed;
                dropped = channel.End(refused, keepCredited: false);
            }
        }

        dropped.ForEach(f => f.Failed(refused));
        if (overflow)
        {
            session.CutForOverflow();
        }
    }
}

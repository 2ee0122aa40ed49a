using MirrorTools.Engine.Link.Frames;

namespace MirrorTools.Engine.Link;

/// <summary>
/// The channels of a session and the frames of their lives once they are open; <see cref="LinkChannelOpener"/> has what comes before.
/// </summary>
internal sealed class LinkChannelTable(LinkSession session)
{
    private readonly Dictionary<uint, LinkChannel> _channels = [];

    /// <summary>Whether no more channels may be opened; under the gate.</summary>
    public bool IsFull => _channels.Count >= session.Options.MaxChannels;

    /// <summary>Adds a channel that is being opened; under the gate.</summary>
    public void Add(LinkChannel channel) => _channels.Add(channel.Id, channel);

    /// <summary>Forgets a channel that was not opened; under the gate.</summary>
    public bool Remove(LinkChannel channel) => _channels.Remove(channel.Id);

    /// <summary>The channel of that number, whatever its state; under the gate.</summary>
    public LinkChannel? TryFind(uint id) => _channels.GetValueOrDefault(id);

    /// <summary>The user closes a channel.</summary>
    public void CloseHere(LinkChannel channel)
    {
        List<OutgoingFrame> dropped;
        var failure = new LinkClosedException(LinkCloseReason.LocalClosed, "The channel was closed on this side.");
        lock (session.Gate)
        {
            // Closed twice, the second time must not take back the close that waits to be sent.
            dropped = channel.End(failure, keepCredited: channel.State is LinkChannelState.Open or LinkChannelState.Closing);
            channel.Inbox.Clear();
            switch (channel.State)
            {
                case LinkChannelState.Opening:
                    channel.State = LinkChannelState.Abandoned;
                    break;
                case LinkChannelState.Open:
                    StartClosing(channel);
                    break;
                case LinkChannelState.Deciding:
                    // The acceptor is still to return; its answer is overruled then.
                    channel.State = LinkChannelState.Closed;
                    break;
            }
        }

        dropped.ForEach(frame => frame.Failed(failure));
    }

    /// <summary>Closes every channel as its user would.</summary>
    public void CloseAllHere()
    {
        List<LinkChannel> channels;
        lock (session.Gate)
        {
            channels = [.. _channels.Values];
        }

        channels.ForEach(CloseHere);
    }

    /// <summary>The session ends: every channel ends with it.</summary>
    public List<OutgoingFrame> EndAll(LinkClosedException failure)
    {
        List<OutgoingFrame> dropped = [];
        foreach (var channel in _channels.Values)
        {
            channel.State = LinkChannelState.Closed;
            dropped.AddRange(channel.End(failure, keepCredited: false));
        }

        _channels.Clear();
        return dropped;
    }

    /// <summary>The peer gives credit back.</summary>
    public void OnCredit(uint id, CreditFrame frame)
    {
        lock (session.Gate)
        {
            var channel = Find(id);
            if (channel.State == LinkChannelState.Open && !channel.Outbox.TryGrant(frame))
            {
                throw Violation($"The peer granted more on channel {id} than was ever taken.");
            }
        }
    }

    /// <summary>The peer closes a channel.</summary>
    public void OnClose(uint id)
    {
        List<OutgoingFrame> dropped = [];
        var failure = new LinkClosedException(LinkCloseReason.PeerClosed, "The peer closed the channel.");
        lock (session.Gate)
        {
            var channel = Find(id);
            _channels.Remove(id);
            if (channel.State == LinkChannelState.Open)
            {
                dropped = channel.End(failure, keepCredited: false);
                channel.Outbox.AddLast(new OutgoingControl(LinkFrameType.CloseChannel, id, writeHead: null));
            }

            channel.State = LinkChannelState.Closed;
        }

        dropped.ForEach(frame => frame.Failed(failure));
    }

    /// <summary>Takes room for a message of the peer; null where the channel is closed here and the message is to be dropped.</summary>
    public LinkChannel? Reserve(uint id, int lengthBytes)
    {
        lock (session.Gate)
        {
            var channel = Find(id);
            if (!channel.Inbox.TryReserve(lengthBytes))
            {
                throw Violation($"The peer sent more on channel {id} than it was granted.");
            }

            return channel.State == LinkChannelState.Open ? channel : null;
        }
    }

    /// <summary>Hands a message that has wholly arrived to its channel.</summary>
    public void Deliver(LinkChannel channel, ReceivedMessage message)
    {
        lock (session.Gate)
        {
            if (channel.State == LinkChannelState.Open)
            {
                channel.Inbox.Deliver(message);
                return;
            }
        }

        LinkInbox.ReturnBuffer(message.Payload);
    }

    /// <summary>Sends what has its credit and then the close; under the gate.</summary>
    public void StartClosing(LinkChannel channel)
    {
        channel.State = LinkChannelState.Closing;
        channel.Outbox.AddLast(new OutgoingControl(LinkFrameType.CloseChannel, channel.Id, writeHead: null));
    }

    /// <summary>The peer did what the protocol does not allow.</summary>
    public static LinkClosedException Violation(string message) => new(LinkCloseReason.ProtocolViolation, message);

    private LinkChannel Find(uint id) =>
        _channels.TryGetValue(id, out var channel) && channel.State is LinkChannelState.Open or LinkChannelState.Closing
            ? channel!
            : throw Violation($"The peer used channel {id}, which is not open.");
}

using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>One session with another node: both say what they hold, both come to what they do with each other, then messages go where that says. On the pair's scheduler.</summary>
internal sealed class NodeConversation
{
    private readonly SyncCore _core;
    private readonly PairConversations _conversations;

    /// <summary>Creates the conversations with a node; none runs yet.</summary>
    public NodeConversation(SyncCore core, Guid node)
    {
        (_core, Node) = (core, node);
        _conversations = new PairConversations(core.Flows, ConverseAsync);
    }

    /// <summary>The other node.</summary>
    public Guid Node { get; }

    /// <summary>The channel of the present session; null between two.</summary>
    public IPeerChannel? Channel => _conversations.Channel;

    /// <summary>What the other one said last.</summary>
    public SyncGreeting? Peer { get; private set; }

    /// <summary>What this node says of itself now.</summary>
    public required Func<SyncGreeting> Greet { get; init; }

    /// <summary>The grains that may be unhardened here, or that the other one is known to lack.</summary>
    public required Func<GrainMap> Suspects { get; init; }

    /// <summary>Both have said what they hold: own greeting as it was sent, the other's, the other's suspects.</summary>
    public required Func<NodeConversation, IPeerChannel, SyncGreeting, SyncGreeting, GrainMap, Task> Met { get; init; }

    /// <summary>A message came.</summary>
    public required Func<NodeConversation, ReceivedMessage, Task> Received { get; init; }

    /// <summary>The session ended, and why.</summary>
    public required Func<NodeConversation, IPeerChannel, Exception?, Task> Ended { get; init; }

    /// <summary>Begins a session; one before is over.</summary>
    public void Attach(IPeerChannel channel) => _conversations.Attach(channel);

    /// <summary>Ends the present session: the next one begins with what holds now.</summary>
    public void Restart()
    {
        if (Channel is { } channel)
        {
            _ = _core.Flows.WatchAsync(channel.DisposeAsync().AsTask());
        }
    }

    /// <summary>Ends for good.</summary>
    public Task CloseAsync() => _conversations.CloseAsync();

    private async Task ConverseAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
        Exception? cause = null;
        try
        {
            SyncGreeting own = Greet();
            _ = _core.Flows.WatchAsync(SayAsync(channel, own, Suspects(), cancellationToken));
            GrainMap suspects = new(_core.Geometry.GrainCount, initialValue: false);
            await HearAsync(channel, suspects, cancellationToken);
            await Met(this, channel, own, Peer!, suspects);
            while (true)
            {
                using ReceivedMessage received = await channel.ReceiveAsync(cancellationToken);
                await Received(this, received);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or TimeoutException)
        {
            cause = exception;
        }
        finally
        {
            await channel.DisposeAsync();
            await Ended(this, channel, cause);
        }
    }

    private async Task SayAsync(IPeerChannel channel, SyncGreeting greeting, GrainMap suspects, CancellationToken cancellationToken)
    {
        try
        {
            await channel.SendAsync(Message(SyncMessage.Hello), greeting.Encode(), cancellationToken);
            foreach (GrainRange run in suspects.Ranges(value: true))
            {
                await channel.SendAsync(new PeerMessage(SyncMessage.Suspect, 0, 0, 0, run.First, run.Count, Guid.Empty), default, cancellationToken);
            }

            await channel.SendAsync(Message(SyncMessage.HelloEnd), default, cancellationToken);
        }
        catch (Exception exception) when (exception is LinkClosedException or OperationCanceledException)
        {
            // The other half of the conversation ends by it, too.
        }
    }

    private async Task HearAsync(IPeerChannel channel, GrainMap suspects, CancellationToken cancellationToken)
    {
        Peer = null;
        while (true)
        {
            using ReceivedMessage received = await channel.ReceiveAsync(cancellationToken);
            PeerMessage message = received.Message;
            switch (message.Kind)
            {
                case SyncMessage.Hello:
                    Peer = SyncGreeting.Decode(received.Payload.Span) ?? throw Violation("Its greeting can't be read.");
                    break;
                case SyncMessage.Suspect when message.FirstGrain >= 0 && message.GrainCount > 0 && message.FirstGrain <= suspects.GrainCount - message.GrainCount:
                    suspects.SetRange(new GrainRange(message.FirstGrain, message.GrainCount));
                    break;
                case SyncMessage.HelloEnd when Peer is not null:
                    return;
                default:
                    throw Violation($"A message of kind {message.Kind} came before it had said what it holds.");
            }
        }
    }

    private static PeerMessage Message(ushort kind) => new(kind, 0, 0, 0, 0, 0, Guid.Empty);

    private LinkClosedException Violation(string what) => new(LinkCloseReason.ProtocolViolation, $"Node {Node}: {what}");
}

using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Link;

/// <summary>The conversations of one side of a pair: one at a time, each over a channel of its own; a new channel ends the one before. On the pair's scheduler.</summary>
/// <param name="flows">Watches the conversations.</param>
/// <param name="converse">Holds one conversation until the link is cut, a side ends it, or the token does; swallows what ends it.</param>
internal sealed class PairConversations(FlowWatch flows, Func<IPeerChannel, CancellationToken, Task> converse)
{
    private Task _run = Task.CompletedTask;
    private CancellationTokenSource _stop = new();
    private bool _closed;

    /// <summary>The channel of the present conversation; null between two.</summary>
    public IPeerChannel? Channel { get; private set; }

    /// <summary>Ends with the newest conversation.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Called after each conversation, once its channel is closed.</summary>
    public Func<Task> Ended { get; init; } = static () => Task.CompletedTask;

    /// <summary>Begins a conversation over a new session; one before is over.</summary>
    public void Attach(IPeerChannel channel)
    {
        if (_closed)
        {
            // Left open it would keep the other side waiting for an answer that nobody gives.
            _ = flows.WatchAsync(channel.DisposeAsync().AsTask());
            return;
        }

        CancellationTokenSource before = _stop;
        _stop = new CancellationTokenSource();
        before.Cancel();
        _run = flows.WatchAsync(RunAsync(_run, channel, _stop.Token));
    }

    /// <summary>Ends the conversation, for good.</summary>
    public async Task CloseAsync()
    {
        _closed = true;
        _stop.Cancel();
        if (Channel is { } channel)
        {
            await channel.DisposeAsync();
        }

        await _run;
    }

    private async Task RunAsync(Task before, IPeerChannel channel, CancellationToken cancellationToken)
    {
        await before;
        Channel = channel;
        try
        {
            await converse(channel, cancellationToken);
        }
        finally
        {
            Channel = null;
            await channel.DisposeAsync();
            await Ended();
        }
    }
}

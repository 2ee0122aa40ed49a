using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>What the coordinator knows of one branch, and how it asks it. On the group's scheduler.</summary>
/// <param name="agent">The branch.</param>
/// <param name="name">What it is called.</param>
/// <param name="time">The clock.</param>
internal sealed class BranchLink(Guid agent, string name, TimeProvider time)
{
    private const string NotConnected = "The agent is not connected. Get-MirrorTrust shows its state.";

    private ulong _asked;
    private TaskCompletionSource? _accepted;
    private TaskCompletionSource? _running;
    private PairException? _notReady;
    private ulong _copied;
    private ulong _prepared;

    /// <summary>The branch.</summary>
    public Guid Agent => agent;

    /// <summary>What it is called.</summary>
    public string Name => name;

    /// <summary>The present conversation; null between two.</summary>
    public IPeerChannel? Channel { get; private set; }

    /// <summary>The smallest number its next point may have.</summary>
    public ulong NextPoint { get; private set; }

    /// <summary>True where a volume there has changed since the last point.</summary>
    public bool HasChanges { get; private set; }

    /// <summary>True where it would take part in a new point now.</summary>
    public bool IsReady => Channel is not null && NextPoint != 0 && _notReady is null;

    /// <summary>How it stands.</summary>
    public GroupAgentStatus Status => new(
        agent, Channel is not null, IsReady, IsReady ? null : Channel is null ? NotConnected : _notReady?.Message ?? "The agent has not said yet how its pairs stand.",
        _notReady?.Error);

    /// <summary>A conversation begins.</summary>
    public void Begin(IPeerChannel channel)
    {
        Channel = channel;
        NextPoint = 0;
        _notReady = null;
    }

    /// <summary>The conversation is over.</summary>
    public void End()
    {
        Channel = null;
        PairException away = new(PairError.GroupIncomplete, $"The agent '{name}' was lost while a point was taken. Start-FlashcopyCycle tries again.");
        _accepted?.TrySetException(away);
        _running?.TrySetException(away);
    }

    /// <summary>Why the branch can't take part in a point; null where it can.</summary>
    public PairException? Obstacle(bool supersede)
    {
        if (Channel is null || (NextPoint == 0 && _notReady is null))
        {
            return new PairException(PairError.GroupIncomplete, $"The agent '{name}', which has pairs of the group, takes no part: {Status.Reason}");
        }

        return supersede && _notReady is { Error: PairError.CycleRunning } ? null : _notReady is null ? null : new PairException(_notReady.Error, _notReady.Message);
    }

    /// <summary>Has the branch hold its writes; completes when it does.</summary>
    /// <exception cref="PairException">It refused, was lost or did not answer.</exception>
    public async Task HoldAsync(ulong point, bool supersede, TimeSpan runTimer, TimeSpan deadline)
    {
        _asked = point;
        _running = null;
        _accepted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await AskAsync(
            GroupMessage.Of(GroupMessage.Hold, point, supersede ? GroupMessage.Supersedes : (ushort)0, (uint)runTimer.TotalMilliseconds), default, _accepted.Task, deadline);
    }

    /// <summary>The point runs; completes when it does there too.</summary>
    /// <exception cref="PairException">It refused, was lost or did not answer.</exception>
    public async Task RunAsync(ulong point, DateTimeOffset takenAt, TimeSpan deadline)
    {
        _running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await AskAsync(GroupMessage.Of(GroupMessage.Run, point), new PointTimes(takenAt, DateTimeOffset.MinValue).Encode(), _running.Task, deadline);
    }

    /// <summary>True where the branch has copied the point.</summary>
    public bool HasCopied(ulong point) => _copied == point;

    /// <summary>True where its other sites have prepared it.</summary>
    public bool HasPrepared(ulong point) => _prepared == point;

    /// <summary>Takes what the branch says of itself and of a point.</summary>
    /// <returns>False for a message that is not of that kind.</returns>
    public bool Take(ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        switch (message.Kind)
        {
            case GroupMessage.Status:
                _notReady = GroupMessage.RefusalOf(received, name);
                NextPoint = message.Point;
                HasChanges = (message.Flags & GroupMessage.HasChanges) != 0;
                return true;
            case GroupMessage.Accepted or GroupMessage.Running or GroupMessage.Refused when message.Point != _asked:
                // Of a point that was given up.
                return true;
            case GroupMessage.Accepted:
                _accepted?.TrySetResult();
                return true;
            case GroupMessage.Running:
                _running?.TrySetResult();
                return true;
            case GroupMessage.Refused:
                PairException refusal = GroupMessage.RefusalOf(received, name) ?? throw GroupMessage.Violation(message);
                _accepted?.TrySetException(refusal);
                _running?.TrySetException(refusal);
                return true;
            case GroupMessage.Copied:
                _copied = message.Point;
                return true;
            case GroupMessage.Prepared:
                _prepared = message.Point;
                return true;
            default:
                return false;
        }
    }

    /// <summary>Tells the branch something that needs no answer.</summary>
    public Task TellAsync(PeerMessage message, ReadOnlyMemory<byte> payload = default) => GroupMessage.SendAsync(Channel, message, payload);

    private async Task AskAsync(PeerMessage message, ReadOnlyMemory<byte> payload, Task answer, TimeSpan deadline)
    {
        await TellAsync(message, payload);
        try
        {
            await answer.WithDeadline(deadline, time, CancellationToken.None);
        }
        catch (TimeoutException exception)
        {
            throw new PairException(PairError.GateTimedOut, $"The agent '{name}' did not hold its writes in time. Start-FlashcopyCycle tries again.", exception);
        }
    }
}

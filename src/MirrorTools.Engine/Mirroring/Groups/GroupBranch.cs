using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>
/// An agent with pairs of a group that another agent coordinates: holds its writes when it is asked, and lets them go by itself when the run timer expires or the coordinator is lost (A-2, A-8,
/// On the group's scheduler.
/// </summary>
internal sealed class GroupBranch
{
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestRunTimer = TimeSpan.FromSeconds(30);

    private readonly PointGroup _group;
    private readonly GroupPlan _plan;
    private readonly FlowWatch _flows;
    private readonly TimeProvider _time;
    private readonly PairConversations _conversations;
    private readonly GroupWishes _wishes;
    private IPeerChannel? _channel;
    private string? _mismatch;
    private BranchHold? _hold;
    private ulong _mayPrepare;

    public GroupBranch(PointGroup group, GroupPlan plan, FlowWatch flows, TimeProvider time)
    {
        (_group, _plan, _flows, _time) = (group, plan, flows, time);
        _conversations = new PairConversations(flows, ConverseAsync);
        _wishes = new GroupWishes(plan.NameOf(plan.Coordinator), time);
    }

    /// <summary>The last commit that the coordinator told of.</summary>
    public CommittedPoint LastSettled { get; private set; } = CommittedPoint.None;

    /// <summary>The run timer while writes are held for a point.</summary>
    public RunningTimer? RunTimer => _hold?.RunTimer;

    /// <summary>How the coordinator stands.</summary>
    public GroupAgentStatus Status => new(
        _plan.Coordinator, _channel is not null, _channel is not null,
        _channel is not null ? null : _mismatch ?? "The agent, which takes the group's points, is not connected. Get-MirrorTrust shows its state.");

    /// <summary>A channel from the coordinator.</summary>
    public void Attach(Guid agent, IPeerChannel channel)
    {
        if (agent == _plan.Coordinator)
        {
            _conversations.Attach(channel);
        }
        else
        {
            _ = _flows.WatchAsync(channel.DisposeAsync().AsTask());
        }
    }

    /// <summary>Asks the coordinator for a point.</summary>
    /// <exception cref="PairException">There is none, and why.</exception>
    public async Task<ulong> AskForPointAsync(bool supersede)
    {
        if (_channel is null)
        {
            throw new PairException(PairError.GroupIncomplete, $"The points of the group are taken by the agent '{_plan.NameOf(_plan.Coordinator)}', which is not connected. Get-MirrorTrust shows its state.");
        }

        return await _wishes.AskAsync(_channel, supersede, _group.NewWish(), _group.HoldDeadline * 2);
    }

    /// <summary>True where the coordinator has said that all agents have copied the point.</summary>
    public bool MayPrepare(ulong point) => _mayPrepare == point || _group.Faults.PrepareUncopied;

    /// <summary>Says where a point stands here.</summary>
    public void Tell(ushort kind, ulong point) => _ = _flows.WatchAsync(GroupMessage.SendAsync(_channel, GroupMessage.Of(kind, point)));

    /// <summary>A member was given up here, by an admin or for a fault.</summary>
    public void TellGivenUp(ulong point, string reason)
    {
        _mayPrepare = 0;
        _ = _flows.WatchAsync(GroupMessage.SendAsync(_channel, GroupMessage.Of(GroupMessage.GiveUp, point), GroupMessage.Text(reason)));
    }

    /// <summary>Says how the members stand.</summary>
    public void TellStatus()
    {
        if (_channel is not { } channel)
        {
            return;
        }

        ushort flags = _group.HasChanges ? GroupMessage.HasChanges : (ushort)0;
        PairException? obstacle = _group.ObstacleHere(supersede: false);
        PeerMessage message = GroupMessage.Of(GroupMessage.Status, _group.NextPointHere, flags, obstacle is null ? 0 : (uint)obstacle.Error + 1);
        _ = _flows.WatchAsync(GroupMessage.SendAsync(channel, message, obstacle is null ? default : GroupMessage.Text(obstacle.Message)));
    }

    /// <summary>Lets held writes go at once: the point will not run here .</summary>
    /// <returns>True where writes were held, or about to be.</returns>
    public bool Release(string reason)
    {
        if (_hold is not { } hold)
        {
            return false;
        }

        _hold = null;
        _ = _flows.WatchAsync(hold.AbandonAsync(reason));
        return true;
    }

    /// <summary>Ends the conversation, for good.</summary>
    public Task CloseAsync() => _conversations.CloseAsync();

    private async Task ConverseAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await GreetAsync(channel, cancellationToken);
            _ = _flows.WatchAsync(BeatAsync(over.Token));
            while (true)
            {
                using ReceivedMessage received = await channel.ReceiveAsync(cancellationToken);
                await TakeAsync(received);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The coordinator begins another conversation.
        }
        finally
        {
            over.Cancel();
            bool wasConnected = _channel is not null;
            _channel = null;
            _wishes.EndAll();
            Release("CoordinatorLost");
            await (wasConnected ? _group.GiveUpHereAsync("CoordinatorLost") : Task.CompletedTask);
        }
    }

    private async Task GreetAsync(IPeerChannel channel, CancellationToken cancellationToken)
    {
        using ReceivedMessage hello = await channel.ReceiveAsync(cancellationToken);
        if (hello.Message.Kind != GroupMessage.Hello || hello.Message.Status != GroupMessage.Version || !hello.Payload.Span.SequenceEqual(_plan.Digest()))
        {
            _mismatch = $"The agent '{_plan.NameOf(_plan.Coordinator)}' and this one do not agree about who is in the group. Set-MirrorGroup there, without another parameter than -Name, tells all of them anew.";
            (PeerMessage message, ReadOnlyMemory<byte> payload) = GroupMessage.Refusal(GroupMessage.Status, 0, new PairException(
                PairError.GroupIncomplete, "It does not agree about who is in the group. Set-MirrorGroup without another parameter than -Name tells all agents anew."));
            await GroupMessage.SendAsync(channel, message, payload);

            // Kept until the coordinator hangs up or comes again: it shows the cause meanwhile.
            await channel.Closed.WithDeadline(Timeout.InfiniteTimeSpan, _time, cancellationToken);
            throw new LinkClosedException(LinkCloseReason.PeerClosed, "The coordinator has another plan.");
        }

        _mismatch = null;
        _channel = channel;
        TellStatus();
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_beat, _time, cancellationToken);
                TellStatus();
            }
        }
        catch (OperationCanceledException)
        {
            // The conversation is over.
        }
    }

    private async Task TakeAsync(ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        switch (message.Kind)
        {
            case GroupMessage.Hold:
                TimeSpan runTimer = TimeSpan.FromMilliseconds(message.Status);
                await HoldAsync(message.Point, (message.Flags & GroupMessage.Supersedes) != 0, runTimer < s_longestRunTimer ? runTimer : s_longestRunTimer);
                break;
            case GroupMessage.Run when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                await RunAsync(message.Point, times.TakenAt);
                break;
            case GroupMessage.Prepare:
                _mayPrepare = message.Point;
                _group.OnCopied();
                break;
            case GroupMessage.Settle when PointTimes.TryDecode(received.Payload.Span, out PointTimes times):
                LastSettled = new CommittedPoint(message.Point, message.Subject, times.TakenAt, times.CommittedAt);
                await _group.SettleHereAsync(LastSettled);
                break;
            case GroupMessage.GiveUp:
                _mayPrepare = 0;
                if (_hold?.Point == message.Point)
                {
                    Release(GroupMessage.TextOf(received));
                }
                else if (_group.Point == message.Point)
                {
                    await _group.GiveUpHereAsync(GroupMessage.TextOf(received));
                }

                break;
            case GroupMessage.Answer:
                _wishes.Take(received);
                break;
            default:
                throw GroupMessage.Violation(message);
        }
    }

    private async Task HoldAsync(ulong point, bool supersede, TimeSpan runTimer)
    {
        _mayPrepare = 0;
        PairException? obstacle = _hold is not null ? new PairException(PairError.CycleRunning, "Another point is being taken.")
            : point < _group.NextPointHere ? new PairException(PairError.CycleRunning, $"Point {point} is older than what its pairs know of.")
            : _group.ObstacleHere(supersede);
        if (obstacle is not null)
        {
            await RefuseAsync(point, obstacle);
            return;
        }

        BranchHold hold = new(_group, point, _time) { Failed = failure => _ = _flows.WatchAsync(RefuseAsync(point, failure)) };
        _hold = hold;
        _ = _flows.WatchAsync(TakeHoldAsync(hold, runTimer));
    }

    private async Task TakeHoldAsync(BranchHold hold, TimeSpan runTimer)
    {
        if (!await hold.BeginAsync())
        {
            _hold = _hold == hold ? null : _hold;
            return;
        }

        hold.RunTimer = new RunningTimer(_time.GetUtcNow(), runTimer);
        Tell(GroupMessage.Accepted, hold.Point);
        try
        {
            await hold.Over.WithDeadline(runTimer, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            if (_group.Faults.RunAfterExpiry)
            {
                hold.LetGo();
            }
            else if (_hold == hold)
            {
                Release("RunTimerExpired");
            }
        }
    }

    private async Task RunAsync(ulong point, DateTimeOffset takenAt)
    {
        if (_hold is not { IsHeld: true } hold || hold.Point != point)
        {
            // Hosts went on in the meantime: what they wrote since is on neither side of the point.
            await RefuseAsync(point, new PairException(PairError.GateTimedOut, $"Its writes were held for too long, so that it let them go before point {point} ran. Start-FlashcopyCycle tries again."));
            return;
        }

        _hold = null;
        hold.Run(takenAt);
        Tell(GroupMessage.Running, point);
        await _group.BeginCopyingHereAsync(point);
    }

    private Task RefuseAsync(ulong point, PairException refusal)
    {
        (PeerMessage message, ReadOnlyMemory<byte> payload) = GroupMessage.Refusal(GroupMessage.Refused, point, refusal);
        return GroupMessage.SendAsync(_channel, message, payload);
    }
}

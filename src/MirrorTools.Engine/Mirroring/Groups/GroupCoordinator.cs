using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>
/// The lead's agent takes the points of a group that has sources at other agents too: every agent holds its writes, and only when all do the point runs; site 2 prepares when all
/// agents have copied, and the lead chooses when all have prepared. On the group's scheduler.
/// </summary>
internal sealed class GroupCoordinator
{
    private readonly PointGroup _group;
    private readonly GroupPlan _plan;
    private readonly FlowWatch _flows;
    private readonly List<BranchLink> _branches;
    private readonly Dictionary<Guid, PairConversations> _conversations;
    private readonly TimeProvider _time;
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _preparing;
    private bool _supersedes;

    public GroupCoordinator(PointGroup group, GroupPlan plan, FlowWatch flows, TimeProvider time)
    {
        (_group, _plan, _flows, _time) = (group, plan, flows, time);
        _branches = [.. plan.Branches.Select(agent => new BranchLink(agent, plan.NameOf(agent), time))];
        _conversations = _branches.ToDictionary(
            static branch => branch.Agent, branch => new PairConversations(flows, (channel, cancellationToken) => ConverseAsync(branch, channel, cancellationToken)));
    }

    /// <summary>How the branches stand.</summary>
    public IReadOnlyList<GroupAgentStatus> Statuses => _branches.ConvertAll(static branch => branch.Status);

    /// <summary>True where every branch would take part in a new point.</summary>
    public bool AreReady => _branches.TrueForAll(static branch => branch.IsReady);

    /// <summary>True where a volume of a branch has changed since the last point.</summary>
    public bool HaveChanges => _branches.Exists(static branch => branch.HasChanges);

    /// <summary>The smallest number that suits all branches.</summary>
    public ulong NextPoint => _branches.Max(static branch => branch.NextPoint);

    /// <summary>True where branches were told to have the point under way prepared, so that it may be committed.</summary>
    public bool IsDeciding => _preparing != 0;

    /// <summary>A channel to a branch.</summary>
    public void Attach(Guid agent, IPeerChannel channel)
    {
        if (_conversations.TryGetValue(agent, out PairConversations? conversations))
        {
            conversations.Attach(channel);
        }
        else
        {
            _ = _flows.WatchAsync(channel.DisposeAsync().AsTask());
        }
    }

    /// <summary>Waits for branches that still end the point before.</summary>
    /// <exception cref="PairException">One is not there, or can't take part in a point: which one, and why.</exception>
    public async Task WhenReadyAsync(bool supersede, TimeSpan deadline)
    {
        long began = _time.GetTimestamp();
        while (_branches.ConvertAll(branch => branch.Obstacle(supersede)).OfType<PairException>().FirstOrDefault() is { } obstacle)
        {
            TimeSpan left = deadline - _time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero || obstacle.Error is not (PairError.CycleRunning or PairError.PointBeingDecided))
            {
                throw obstacle;
            }

            try
            {
                _told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await _told.Task.WithDeadline(left, _time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                // Looked at once more.
            }
        }
    }

    /// <summary>Has every branch hold its writes. Where one does not, all let go again.</summary>
    /// <exception cref="PairException">Why there is no point.</exception>
    public Task HoldAsync(ulong point, bool supersede)
    {
        _preparing = 0;
        _supersedes = supersede;
        return _group.Faults.RunBeforeAccepted ? Task.CompletedTask : HoldAllAsync(point);
    }

    /// <summary>The point runs everywhere. To be called with the own writes held; the branches are told before anything is awaited.</summary>
    /// <exception cref="PairException">A branch had let its writes go already, or was lost: the point is to be given up.</exception>
    public async Task RunAsync(ulong point, DateTimeOffset takenAt)
    {
        if (_group.Faults.RunBeforeAccepted)
        {
            await HoldAllAsync(point);
        }

        await AllAsync(branch => branch.RunAsync(point, takenAt, _group.HoldDeadline));
    }

    /// <summary>All own members have copied the point. Once that holds for every branch, they are told to have it prepared.</summary>
    /// <returns>True where it holds for every branch.</returns>
    public bool TryPrepare(ulong point)
    {
        if (_group.Faults.PrepareUncopied)
        {
            return true;
        }

        if (!_branches.TrueForAll(branch => branch.HasCopied(point)))
        {
            return false;
        }

        if (_preparing != point)
        {
            _preparing = point;
            Tell(GroupMessage.Of(GroupMessage.Prepare, point));
        }

        return true;
    }

    /// <summary>True where every branch's other sites have prepared the point.</summary>
    public bool HavePrepared(ulong point) => _group.Faults.PrepareUncopied || _branches.TrueForAll(branch => branch.HasPrepared(point));

    /// <summary>The lead has committed.</summary>
    public void Settle(CommittedPoint committed)
    {
        _preparing = 0;
        Tell(GroupMessage.Of(GroupMessage.Settle, committed.Number, subject: committed.Id), new PointTimes(committed.TakenAt, committed.CommittedAt).Encode());
    }

    /// <summary>A point is given up.</summary>
    public void TellGivenUp(ulong point, string reason)
    {
        _preparing = 0;
        Tell(GroupMessage.Of(GroupMessage.GiveUp, point), GroupMessage.Text(reason));
    }

    /// <summary>Ends the conversations, for good.</summary>
    public async Task CloseAsync()
    {
        foreach (PairConversations conversations in _conversations.Values)
        {
            await conversations.CloseAsync();
        }
    }

    private Task HoldAllAsync(ulong point) => AllAsync(branch => branch.HoldAsync(point, _supersedes, _group.RunTimer, _group.HoldDeadline));

    private void Tell(PeerMessage message, ReadOnlyMemory<byte> payload = default) => _branches.ForEach(branch => _ = _flows.WatchAsync(branch.TellAsync(message, payload)));

    // All are asked before one is waited for; the first refusal counts.
    private async Task AllAsync(Func<BranchLink, Task> ask)
    {
        PairException? refusal = null;
        foreach (Task asked in _branches.ConvertAll(branch => ask(branch)))
        {
            try
            {
                await asked;
            }
            catch (PairException exception)
            {
                refusal ??= exception;
            }
        }

        if (refusal is not null)
        {
            throw new PairException(refusal.Error, refusal.Message, refusal);
        }
    }

    private async Task ConverseAsync(BranchLink branch, IPeerChannel channel, CancellationToken cancellationToken)
    {
        branch.Begin(channel);
        try
        {
            await channel.SendAsync(GroupMessage.Of(GroupMessage.Hello, 0, status: GroupMessage.Version), _plan.Digest(), cancellationToken);
            while (true)
            {
                using ReceivedMessage received = await channel.ReceiveAsync(cancellationToken);
                await TakeAsync(branch, received);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The agent's connector begins another conversation.
        }
        finally
        {
            branch.End();
            _told.TrySetResult();
            await _group.OnAgentLostAsync();
        }
    }

    private async Task TakeAsync(BranchLink branch, ReceivedMessage received)
    {
        PeerMessage message = received.Message;
        if (branch.Take(received))
        {
            _told.TrySetResult();
            if (message.Kind is GroupMessage.Copied or GroupMessage.Prepared)
            {
                _group.OnCopied();
            }

            return;
        }

        switch (message.Kind)
        {
            case GroupMessage.GiveUp:
                if (message.Point == _group.Point)
                {
                    await _group.GiveUpAsync(GroupMessage.TextOf(received));
                }

                break;
            case GroupMessage.Ask:
                _ = _flows.WatchAsync(AnswerAsync(branch, message));
                break;
            default:
                throw GroupMessage.Violation(message);
        }
    }

    private async Task AnswerAsync(BranchLink branch, PeerMessage asked)
    {
        try
        {
            ulong point = await _group.TakePointAsync((asked.Flags & GroupMessage.Supersedes) != 0);
            await branch.TellAsync(GroupMessage.Of(GroupMessage.Answer, point, subject: asked.Subject));
        }
        catch (PairException exception)
        {
            (PeerMessage message, ReadOnlyMemory<byte> payload) = GroupMessage.Refusal(GroupMessage.Answer, 0, exception, asked.Subject);
            await branch.TellAsync(message, payload);
        }
    }
}

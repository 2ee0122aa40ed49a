using MirrorTools.Engine.Link;
using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// Pairs whose points are taken at one instant, and committed or given up together (F-2, F-9, F-12). A pair that stands alone is a group of one. The first pair leads: its commit at site 2 is the
/// group's choice, and it is asked only when all others have prepared. Where sources are at other agents too, this object has the members of one agent, and <see cref="Groups"/> what the
/// agents say to each other. Lives on the scheduler that its members share.
/// </summary>
public sealed partial class PointGroup : IAsyncDisposable
{
    private readonly Guid[] _pairs;
    private readonly Guid[] _local;
    private readonly TimeProvider _time;
    private readonly List<SourceCycle> _members = [];
    private readonly ControlFlow? _control;
    private readonly GroupCoordinator? _coordinator;
    private readonly GroupBranch? _branch;

    /// <summary>Creates a group whose sources are all at this agent; its members join as they are opened, and no point is taken before all are there.</summary>
    /// <param name="pairs">The members' pair ids, the lead first.</param>
    /// <param name="time">The clock.</param>
    public PointGroup(IReadOnlyList<Guid> pairs, TimeProvider time)
        : this(pairs, pairs, time)
    {
    }

    /// <summary>Creates this agent's part of a group that may have sources at other agents too.</summary>
    /// <param name="plan">Who is in the group.</param>
    /// <param name="scheduler">The serial scheduler of this agent's members.</param>
    /// <param name="time">The clock.</param>
    public PointGroup(GroupPlan plan, SynchronizationContext scheduler, TimeProvider time)
        : this([.. plan.Members.Select(static member => member.PairId)], plan.LocalPairs, time)
    {
        Plan = plan;
        _control = new ControlFlow(scheduler);
        FlowWatch flows = new() { Broken = exception => _members.ForEach(member => member.Break(exception)) };
        _coordinator = !plan.IsLocal && plan.Coordinates ? new GroupCoordinator(this, plan, flows, time) : null;
        _branch = plan.Coordinates ? null : new GroupBranch(this, plan, flows, time);
    }

    private PointGroup(IReadOnlyList<Guid> pairs, IReadOnlyList<Guid> local, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfZero(local.Count);
        (_pairs, _local) = ([.. pairs], [.. local]);
        _time = time;
        Gate = new WriteGate(time);
    }

    /// <summary>Who is in the group; null where it was made of pairs of this agent alone.</summary>
    public GroupPlan? Plan { get; }

    /// <summary>Holds the writes of all members.</summary>
    internal WriteGate Gate { get; }

    /// <summary>True for a pair that stands alone.</summary>
    internal bool IsAlone => _pairs.Length == 1;

    /// <summary>The point under way; 0 where there is none.</summary>
    internal ulong Point => _members.Count == 0 ? 0 : _members.Max(static member => member.Point);

    /// <summary>True where members were asked to prepare the point under way.</summary>
    internal bool IsBeingDecided => _coordinator is { IsDeciding: true } || _members.Exists(static member => member.IsAsked || member.State == SourceState.Recording);

    /// <summary>True where this agent may begin a point.</summary>
    internal bool IsIdle => _branch is null && IsComplete && _coordinator is not { AreReady: false } && _members.TrueForAll(static member => member.State == SourceState.Idle);

    /// <summary>True where a volume of the group has changed since the last point.</summary>
    internal bool HasChanges => _coordinator is { HaveChanges: true } || _members.Exists(static member => member.HasChanges);

    /// <summary>The simulation's deliberate faults.</summary>
    internal MirrorFaults Faults => _members.Count == 0 ? MirrorFaults.None : _members[0].Faults;

    /// <summary>How long other agents hold their writes for a point.</summary>
    internal TimeSpan RunTimer => _members.Max(static member => member.Options.RunTimer);

    /// <summary>The run timer as it runs at this agent, while its writes are held for another one; null where they are not.</summary>
    internal RunningTimer? RunningRunTimer => _branch?.RunTimer;

    /// <summary>How long another agent is waited for while a point is taken.</summary>
    internal TimeSpan HoldDeadline => PointHold.DeadlineOf(_members) + _members.Max(static member => member.Options.LinkDeadline);

    private bool IsComplete => _members.Count == _local.Length;

    private SourceCycle? Lead => _members.Find(Leads);

    /// <summary>
    /// Talks to another agent of the group over a channel, until it is cut or another one takes its place; owns the channel. At the coordinator: one that it opened to a branch. At a branch: one
    /// that the coordinator opened. From any thread.
    /// </summary>
    public void Attach(Guid agentId, IPeerChannel channel) => (_control ?? throw new InvalidOperationException("The group has no other agents.")).Post(() =>
    {
        _coordinator?.Attach(agentId, channel);
        _branch?.Attach(agentId, channel);
    });

    /// <summary>How the other agents stand: at the coordinator each branch, at a branch the coordinator.</summary>
    public Task<IReadOnlyList<GroupAgentStatus>> GetAgentsAsync() => _control is null
        ? Task.FromResult<IReadOnlyList<GroupAgentStatus>>([])
        : _control.InvokeAsync(() => Task.FromResult(_coordinator?.Statuses ?? (_branch is null ? [] : [_branch.Status])));

    /// <summary>Ends the conversations with other agents; the members are closed by those who opened them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_control is not null)
        {
            await _control.InvokeAsync(() => _coordinator?.CloseAsync() ?? _branch?.CloseAsync() ?? Task.CompletedTask);
        }
    }

    internal void Join(SourceCycle member)
    {
        if (Array.IndexOf(_local, member.PairId) < 0)
        {
            throw new ArgumentException($"Pair {member.PairId:N} is not of this group.", nameof(member));
        }

        _members.Add(member);
        _branch?.TellStatus();
    }

    internal void Leave(SourceCycle member)
    {
        _members.Remove(member);
        _branch?.TellStatus();
    }

    internal bool Leads(SourceCycle member) => member.PairId == _pairs[0];

    /// <summary>A member is in another state: the coordinator is told how this agent's members stand.</summary>
    internal void OnMemberChanged(SourceCycle member)
    {
        if (!member.IsInTransition)
        {
            _branch?.TellStatus();
        }
    }

    /// <summary>Another agent of the group was lost: the point under way can't be completed, unless all have prepared it and only the lead's choice is missing .</summary>
    internal Task OnAgentLostAsync() => Lead is { IsAsked: true } ? Task.CompletedTask : GiveUpAsync("AgentLost");

    /// <summary>A member has copied all, or another agent has: once every one has, the followers prepare, and then the lead chooses (F-8, F-9, A-6).</summary>
    internal void OnCopied()
    {
        if (!IsComplete)
        {
            return;
        }

        if (_branch is { } branch)
        {
            OnCopiedAtBranch(branch);
            return;
        }

        if (Lead is not { IsCopied: true } lead || !_members.TrueForAll(member => member.IsCopied || (member != lead && member.IsAsked)) || _coordinator?.TryPrepare(lead.Point) == false)
        {
            return;
        }

        foreach (SourceCycle follower in _members.Where(member => member != lead && member.IsCopied))
        {
            follower.Complete(lead.PairId);
        }

        bool havePrepared = _members.TrueForAll(member => member == lead || member.State == SourceState.Prepared) && _coordinator?.HavePrepared(lead.Point) != false;
        if (lead.ChoosesEarly || havePrepared)
        {
            lead.Complete(null);
        }
    }

    /// <summary>The lead's commit is recorded: the followers' other sides need not ask for it.</summary>
    internal async Task OnCommittedAsync(SourceCycle member, CommittedPoint committed)
    {
        if (Leads(member))
        {
            _coordinator?.Settle(committed);
            await SettleHereAsync(committed);
        }
    }

    /// <summary>Tells the followers' other sides of the lead's commit.</summary>
    internal async Task SettleHereAsync(CommittedPoint committed)
    {
        foreach (SourceCycle follower in _members.Where(member => !Leads(member)).ToArray())
        {
            await follower.SettleAsync(committed);
        }
    }

    /// <summary>The commit that the lead knows of, for a follower whose conversation is new.</summary>
    internal CommittedPoint LastCommitted => Lead?.LastCommitted ?? _branch?.LastSettled ?? CommittedPoint.None;

    /// <summary>Gives the running point up on all members, at every agent (F-12, F-19, F-22, A-8).</summary>
    internal Task GiveUpAsync(string reason)
    {
        bool isDoubtful = _coordinator is { IsDeciding: true };
        if (Point is not 0 and var point)
        {
            _coordinator?.TellGivenUp(point, reason);
            _branch?.TellGivenUp(point, reason);
        }

        return GiveUpHereAsync(reason, isDoubtful);
    }

    /// <summary>Gives the running point up on this agent's members; writes that were held for one go on.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="isDoubtful">True where members at other agents were asked to prepare.</param>
    internal async Task GiveUpHereAsync(string reason, bool isDoubtful = false)
    {
        _branch?.Release(reason);
        SourceCycle[] members = [.. _members.Where(static member => member.State == SourceState.Copying || member.IsAsked)];
        bool isInDoubt = !IsAlone && (isDoubtful || Array.Exists(members, static member => member.IsAsked));
        List<Task> flows = [.. members.Select(member => member.GiveUpAsync(reason, isInDoubt))];
        foreach (Task flow in flows)
        {
            await flow;
        }
    }

    private void OnCopiedAtBranch(GroupBranch branch)
    {
        ulong point = Point;
        if (point == 0 || !_members.TrueForAll(static member => member.IsCopied || member.IsAsked))
        {
            return;
        }

        if (branch.MayPrepare(point))
        {
            foreach (SourceCycle member in _members.Where(static member => member.IsCopied))
            {
                member.Complete(_pairs[0]);
            }
        }
        else
        {
            branch.Tell(GroupMessage.Copied, point);
        }

        if (_members.TrueForAll(static member => member.State == SourceState.Prepared))
        {
            branch.Tell(GroupMessage.Prepared, point);
        }
    }
}

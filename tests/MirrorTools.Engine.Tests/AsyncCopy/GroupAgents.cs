using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>The two agents of a group whose sources they have between them: the first one coordinates.</summary>
internal sealed class GroupAgents(AsyncRig first, AsyncRig second)
{
    /// <summary>The group.</summary>
    public Guid Id { get; } = new(77, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8);

    /// <summary>The coordinator's end of the channel.</summary>
    public TestChannel Coordinator { get; private set; } = null!;

    /// <summary>The branch's end of the channel.</summary>
    public TestChannel Branch { get; private set; } = null!;

    /// <summary>An agent's part of the group.</summary>
    public PointGroup GroupOf(AsyncRig rig) => new(PlanOf(rig), rig.Site1.Context, rig.Site1.Time);

    /// <summary>Joins the agents by a fresh channel, and waits until both are ready for a point.</summary>
    public async Task JoinAsync()
    {
        Attach();
        await first.UntilAsync(async () => (await first.Group!.GetAgentsAsync())[0].IsReady);
    }

    /// <summary>Joins the agents by a fresh channel.</summary>
    public void Attach()
    {
        (Coordinator, Branch) = TestChannel.Pair(Id, Guid.NewGuid());
        second.Group!.Attach(first.Agent1, Branch);
        first.Group!.Attach(second.Agent1, Coordinator);
    }

    /// <summary>Cuts the link between the agents.</summary>
    public void Cut() => Coordinator?.Cut();

    private GroupPlan PlanOf(AsyncRig rig) => new(Id, rig.Agent1, [new GroupMember(first.PairId, first.Agent1, "one"), new GroupMember(second.PairId, second.Agent1, "two")]);
}

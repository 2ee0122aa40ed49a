using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Points of a group whose sources are at two agents: held everywhere, then run everywhere, and never at the price of a host .</summary>
public sealed class GroupOverAgentsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("A-4")]
    [Rule("A-16")]
    [Rule("P-1")]
    public void No_point_holds_a_write_without_those_that_were_acknowledged_before_it_at_another_agent(int seed) => AsyncRig.RunAgents(
        async (first, second, agents) =>
        {
            await StartAsync(first, second, agents);
            bool isOver = false;
            Task host = WriteAlternatelyAsync();
            for (int point = 0; point < 10; point++)
            {
                await CycleAsync(first, second, byBranch: point % 2 == 1);
                byte[] image = [await first.ImageAsync(5), await second.ImageAsync(5)];
                Assert.True(image[0] == image[1] || image[0] == image[1] + 1, $"{image[0]} and {image[1]}");
                await first.DelayAsync(TimeSpan.FromMilliseconds(20));
            }

            isOver = true;
            await host;

            async Task WriteAlternatelyAsync()
            {
                for (byte value = 2; value < 250 && !isOver; value++)
                {
                    await first.WriteAsync(5, value);
                    await second.WriteAsync(5, value);
                    await first.DelayAsync(TimeSpan.FromMilliseconds(3));
                }
            }
        },
        (ulong)seed);

    [Fact]
    [Rule("A-2")]
    [Rule("A-3")]
    public void A_point_runs_only_when_every_agent_holds_its_writes() => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await StartAsync(first, second, agents);
        agents.Branch.Held.Add(GroupMessage.Accepted);
        Task<ulong> started = first.Source.StartCycleAsync(supersede: false);
        await first.DelayAsync(TimeSpan.FromMilliseconds(100));

        // The branch holds its writes; the coordinator does not yet, and nothing runs.
        Task held = second.WriteAsync(7, 9);
        await first.WriteAsync(7, 9);
        Assert.False(held.IsCompleted);
        Assert.DoesNotContain(first.Events1, seen => seen.Id == PairEventId.PointTaken && Point(seen) > 1);
        agents.Branch.Release();
        ulong point = await started;
        await held;
        await first.CommittedAsync(point);
        await second.CommittedAsync(point);
        Assert.Equal(first.Events1.Last(seen => seen.Id == PairEventId.PointTaken).Arguments.Single(argument => argument.Key == "t1"),
            second.Events1.Last(seen => seen.Id == PairEventId.PointTaken).Arguments.Single(argument => argument.Key == "t1"));
        Assert.Equal(9, await first.ImageAsync(7));
        Assert.NotEqual(9, await second.ImageAsync(7));
    });

    [Fact]
    [Rule("A-2")]
    [Rule("A-8")]
    [Rule("A-14")]
    public void An_agent_that_hears_nothing_lets_its_writes_go_when_the_run_timer_expires_and_does_not_run_later() => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await StartAsync(first, second, agents);
        agents.Coordinator.Held.Add(GroupMessage.Run);
        Task<ulong> started = first.Source.StartCycleAsync(supersede: false);
        await first.DelayAsync(TimeSpan.FromMilliseconds(100));
        TimeSpan began = first.Scheduler.Now;
        await second.WriteAsync(7, 9);
        Assert.InRange(first.Scheduler.Now - began, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2.5));
        agents.Coordinator.Release();
        await Assert.ThrowsAsync<PairException>(() => started);
        await first.StateAsync(SourceState.Idle);
        await second.StateAsync(SourceState.Idle);
        Assert.DoesNotContain(second.Events1, seen => seen.Id == PairEventId.PointTaken && Point(seen) > 1);
        await CycleAsync(first, second);
        Assert.Equal(9, await second.ImageAsync(7));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-8")]
    [Rule("A-14")]
    public void An_agent_that_loses_the_coordinator_while_it_holds_lets_go_at_once(bool isKilled) => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await StartAsync(first, second, agents);
        agents.Coordinator.Swallowed.Add(GroupMessage.Run);
        Task<ulong> started = first.Source.StartCycleAsync(supersede: false);
        await first.DelayAsync(TimeSpan.FromMilliseconds(100));
        Task held = second.WriteAsync(7, 9);
        await first.DelayAsync(TimeSpan.FromMilliseconds(100));
        Assert.False(held.IsCompleted);
        if (isKilled)
        {
            await first.RestartSite1Async(agents);
        }
        else
        {
            agents.Cut();
            await Assert.ThrowsAsync<PairException>(() => started);
        }

        TimeSpan began = first.Scheduler.Now;
        await held;
        Assert.True(first.Scheduler.Now - began < TimeSpan.FromMilliseconds(100), "The write was held on.");
        await (isKilled ? first.ConnectAsync() : Task.CompletedTask);
        await agents.JoinAsync();
        await CycleAsync(first, second);
        Assert.Equal(9, await second.ImageAsync(7));
    });

    [Fact]
    [Rule("A-6")]
    [Rule("A-7")]
    public void The_lead_chooses_when_every_agent_has_copied_and_prepared() => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await StartAsync(first, second, agents);
        await first.WriteAsync(5, 2);
        await second.WriteAsync(5, 2);
        second.TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        await second.WriteAsync(6, 2);
        agents.Branch.Held.Add(GroupMessage.Prepared);
        ulong point = await first.Source.StartCycleAsync(supersede: false);
        await first.DelayAsync(TimeSpan.FromSeconds(3));
        Assert.DoesNotContain(first.SourceEnd.Sent.Concat(second.SourceEnd.Sent), sent => sent.Kind == MirrorMessage.Complete && sent.Point == point);
        second.TargetEnd.Release();
        await second.StateAsync(SourceState.Prepared);
        await first.DelayAsync(TimeSpan.FromSeconds(3));
        Assert.DoesNotContain(first.SourceEnd.Sent, sent => sent.Kind == MirrorMessage.Complete && sent.Point == point);
        agents.Branch.Release();
        await first.CommittedAsync(point);
        await second.CommittedAsync(point);
        Assert.Equal([2, 2], new[] { await first.ImageAsync(5), await second.ImageAsync(6) });
    });

    // Whoever chooses is asked by the one that has prepared; its own source may never come back.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("A-14")]
    [Rule("P-7")]
    public void What_was_prepared_without_a_choice_is_given_up_although_the_coordinator_never_comes_back(bool isCommitted) => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await StartAsync(first, second, agents);
        await second.WriteAsync(5, 2);
        (isCommitted ? first.TargetEnd : first.SourceEnd).Swallowed.Add(isCommitted ? MirrorMessage.Committed : MirrorMessage.Complete);
        second.SourceEnd.Swallowed.Add(MirrorMessage.Settle);
        ulong point = await first.Source.StartCycleAsync(supersede: false);
        await second.UntilAsync(() => Task.FromResult(second.TargetEnd.Sent.Exists(sent => sent.Kind == MirrorMessage.Prepared && sent.Point == point)));
        await first.DelayAsync(TimeSpan.FromMilliseconds(200));
        first.KillSite1();
        agents.Cut();

        // Its target is closed for a moment as it gives the point up, since it may have been committed; the pair goes on when that is known.
        await second.UntilAsync(async () => (await second.Source.GetStatusAsync()) is { IsConnected: false } or { State: not SourceState.Prepared });
        second.Join();
        await second.UntilAsync(async () => (await second.Source.GetStatusAsync()) is { IsConnected: true, State: SourceState.Idle });
        Assert.Equal(isCommitted, (await second.Source.GetStatusAsync()).LastCommitted.Number == point);
        Assert.Equal(isCommitted ? 2 : 1, await second.ImageAsync(5));
        await second.WriteAsync(5, 3);
        PairException refused = await Assert.ThrowsAsync<PairException>(() => second.Source.StartCycleAsync(supersede: false));
        Assert.Equal(PairError.GroupIncomplete, refused.Error);
        Assert.Contains("'one'", refused.Message);
    });

    [Fact]
    [Rule("A-8")]
    public void An_agent_that_is_lost_while_its_grains_travel_ends_the_point_for_all() => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await StartAsync(first, second, agents);
        second.TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        await first.WriteAsync(5, 2);
        await second.WriteAsync(5, 2);
        await first.Source.StartCycleAsync(supersede: false);
        await first.DelayAsync(TimeSpan.FromSeconds(1));
        await first.WriteAsync(5, 3);
        await second.WriteAsync(5, 3);
        agents.Cut();
        await first.StateAsync(SourceState.Idle);
        await second.StateAsync(SourceState.Idle);
        await first.AssertGrainsAsync(SourceMapKind.ChangeRecording);
        await second.AssertGrainsAsync(SourceMapKind.ChangeRecording);
        PairException refused = await Assert.ThrowsAsync<PairException>(() => first.Source.StartCycleAsync(supersede: false));
        Assert.Equal(PairError.GroupIncomplete, refused.Error);
        Assert.Contains("'two'", refused.Message);
        second.TargetEnd.Release();
        await agents.JoinAsync();
        await CycleAsync(first, second);
        Assert.Equal([3, 3], new[] { await first.ImageAsync(5), await second.ImageAsync(5) });
    });

    [Fact]
    [Rule("A-8")]
    public void An_agent_whose_pair_can_take_no_point_says_why_and_the_others_go_on() => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await StartAsync(first, second, agents);
        await second.Source.SuspendAsync();
        PairException refused = await Assert.ThrowsAsync<PairException>(() => first.Source.StartCycleAsync(supersede: false));
        Assert.Equal(PairError.PairSuspended, refused.Error);
        Assert.Contains("'two'", refused.Message);
        GroupAgentStatus status = Assert.Single(await first.Group!.GetAgentsAsync());
        Assert.True(status.IsConnected);
        Assert.Contains("suspended", status.Reason);
        await first.WriteAsync(5, 2);
        await second.Source.ResumeAsync();
        await second.UntilAsync(async () => !(await second.Source.GetStatusAsync()).IsConnected || (await second.Source.GetStatusAsync()).State == SourceState.Idle);
        second.Join();
        await first.UntilAsync(async () => (await first.Group!.GetAgentsAsync())[0].IsReady);
        await CycleAsync(first, second);
    });

    [Fact]
    [Rule("A-16")]
    public void Agents_that_do_not_agree_about_the_members_take_no_point() => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await first.SyncAsync();
        await second.SyncAsync();
        PointGroup other = new(
            new GroupPlan(agents.Id, second.Agent1, [new GroupMember(second.PairId, first.Agent1, "one"), new GroupMember(first.PairId, second.Agent1, "two")]),
            second.Site1.Context, second.Site1.Time);
        (TestChannel coordinator, TestChannel branch) = TestChannel.Pair(agents.Id, Guid.NewGuid());
        other.Attach(first.Agent1, branch);
        first.Group!.Attach(second.Agent1, coordinator);
        await first.UntilAsync(async () => (await first.Group!.GetAgentsAsync())[0].Reason?.Contains("does not agree", StringComparison.Ordinal) == true);
        PairException refused = await Assert.ThrowsAsync<PairException>(() => first.Source.StartCycleAsync(supersede: false));
        Assert.Equal(PairError.GroupIncomplete, refused.Error);
        Assert.Contains("Set-MirrorGroup", (await other.GetAgentsAsync())[0].Reason);
        await first.WriteAsync(5, 2);
        await other.DisposeAsync();
    });

    private static ulong Point(PairEvent seen) => ulong.Parse(seen.Arguments.Single(argument => argument.Key == "point").Value, System.Globalization.CultureInfo.InvariantCulture);

    private static async Task StartAsync(AsyncRig first, AsyncRig second, GroupAgents agents)
    {
        await first.SyncAsync();
        await second.SyncAsync();
        await agents.JoinAsync();
        await CycleAsync(first, second);
    }

    private static async Task<ulong> CycleAsync(AsyncRig first, AsyncRig second, bool byBranch = false)
    {
        ulong point = await (byBranch ? second : first).Source.StartCycleAsync(supersede: false);
        await first.CommittedAsync(point);
        await second.CommittedAsync(point);
        await first.StateAsync(SourceState.Idle);
        await second.StateAsync(SourceState.Idle);
        return point;
    }
}

using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>What is shown of an increment's state and its timers, and what is set of them .</summary>
public sealed class TimerTests
{
    [Fact]
    [Rule("A-1")]
    [Rule("A-2")]
    [Rule("A-3")]
    public void The_state_and_the_maximum_increment_timer_are_shown_while_they_last() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        Assert.Equal((IncrementState.Normal, null), await StateAsync(rig));
        await rig.StallAsync();
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(300);
        Task inFlight = rig.WriteAsync(10, 2);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        Task<ulong> point = rig.Source.StartCycleAsync(supersede: false);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        Assert.Equal((IncrementState.IncrementPending, null), await StateAsync(rig));

        rig.A.Faults.ExtraLatency = TimeSpan.Zero;
        await inFlight;
        ulong number = await point;
        DateTimeOffset began = rig.Scheduler.UtcNow;
        await rig.DelayAsync(TimeSpan.FromSeconds(10));
        (IncrementState? state, RunningTimer? timer) = await StateAsync(rig);
        Assert.Equal(IncrementState.ConsistencyGroupInProgress, state);
        Assert.InRange(timer!.Value.StartedAt, began - TimeSpan.FromMilliseconds(100), began);
        Assert.InRange(timer.Value.LeftAt(rig.Scheduler.UtcNow), TimeSpan.FromMinutes(59.8), TimeSpan.FromMinutes(59.9));

        await rig.UnstallAsync();
        await rig.CommittedAsync(number);
        Assert.Equal((IncrementState.Normal, null), await StateAsync(rig));
    });

    [Theory]
    [Rule("A-3")]
    [Rule("A-8")]
    [InlineData(30, 30)]
    [InlineData(12, 12)]
    [InlineData(3, 10)]
    public void A_maximum_increment_that_is_set_while_one_is_under_way_counts_from_its_beginning(int longestSeconds, int endsAfterSeconds) => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            await rig.StallAsync();
            await rig.WriteAsync(10, 2);
            await rig.Source.StartCycleAsync(supersede: false);
            TimeSpan began = rig.Scheduler.Now;
            await rig.DelayAsync(TimeSpan.FromSeconds(10));
            await rig.Source.SetOptionsAsync(rig.Options with { MaximumIncrement = TimeSpan.FromSeconds(longestSeconds), RunBytes = PairRig.GrainBytes, MaximumUnacknowledged = 1 });
            await rig.UntilAsync(() => Task.FromResult(rig.Events1.Exists(seen => seen.Id == PairEventId.IncrementTimedOut)));
            Assert.InRange(rig.Scheduler.Now - began, TimeSpan.FromSeconds(endsAfterSeconds - 0.1), TimeSpan.FromSeconds(endsAfterSeconds + 0.2));
            await rig.StateAsync(SourceState.Idle);
            Assert.Single(rig.Events1, seen => seen.Id == PairEventId.IncrementTimedOut);
        },
        prepare: rig => rig.Options = rig.Options with { MaximumIncrement = TimeSpan.FromSeconds(20) });

    [Fact]
    [Rule("A-2")]
    [Rule("A-14")]
    public void The_run_timer_is_shown_at_the_agent_that_holds_its_writes_for_another_one() => AsyncRig.RunAgents(
        async (first, second, agents) =>
        {
            await first.SyncAsync();
            await second.SyncAsync();
            await agents.JoinAsync();
            agents.Coordinator.Held.Add(GroupMessage.Run);
            Task<ulong> started = first.Source.StartCycleAsync(supersede: false);
            await first.DelayAsync(TimeSpan.FromSeconds(1));
            SourceStatus held = await second.Source.GetStatusAsync();
            Assert.Equal(IncrementState.IncrementPending, held.IncrementState);
            Assert.Equal(TimeSpan.FromSeconds(4), held.RunTimer!.Value.Length);
            Assert.InRange(held.RunTimer.Value.LeftAt(second.Scheduler.UtcNow), TimeSpan.FromSeconds(2.9), TimeSpan.FromSeconds(3.1));

            // Another length holds from the next point on.
            await first.Source.SetOptionsAsync(first.Options with { RunTimer = TimeSpan.FromSeconds(1) });
            agents.Coordinator.Release();
            await first.CommittedAsync(await started);
            Assert.Null((await second.Source.GetStatusAsync()).RunTimer);
            agents.Coordinator.Held.Add(GroupMessage.Run);
            Task<ulong> next = first.Source.StartCycleAsync(supersede: false);
            await first.DelayAsync(TimeSpan.FromMilliseconds(500));
            Assert.Equal(TimeSpan.FromSeconds(1), (await second.Source.GetStatusAsync()).RunTimer!.Value.Length);
            await first.DelayAsync(TimeSpan.FromSeconds(1));
            Assert.Equal((IncrementState.Normal, null), ((await second.Source.GetStatusAsync()).IncrementState, (await second.Source.GetStatusAsync()).RunTimer));
            agents.Coordinator.Release();
            await Assert.ThrowsAsync<PairException>(() => next);
        },
        prepare: rig => rig.Options = rig.Options with { RunTimer = TimeSpan.FromSeconds(4) });

    [Fact]
    [Rule("A-13")]
    public void How_long_writes_were_held_is_kept_with_the_committed_point() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(300);
        Task inFlight = rig.WriteAsync(10, 2);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        Task<ulong> point = rig.Source.StartCycleAsync(supersede: false);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        rig.A.Faults.ExtraLatency = TimeSpan.Zero;
        await inFlight;
        await rig.CommittedAsync(await point);
        TimeSpan held = (await rig.Source.GetStatusAsync()).LastGateTime;
        Assert.InRange(held, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300));
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastHold is not null);
        rig.KillSite1();
        await rig.OpenSourceAsync();
        await rig.ConnectAsync();
        Assert.InRange((await rig.Source.GetStatusAsync()).LastHold!.Value - held, TimeSpan.FromMicroseconds(-1), TimeSpan.Zero);

        // It is the last point's: one that is given up says nothing of it, the next committed one has its own.
        await rig.StallAsync();
        await rig.WriteAsync(10, 3);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.Source.StopCycleAsync();
        Assert.True((await rig.Source.GetStatusAsync()).LastHold > TimeSpan.FromMilliseconds(100));
        await rig.UnstallAsync();
        await rig.CycleAsync();
        Assert.True((await rig.Source.GetStatusAsync()).LastHold < TimeSpan.FromMilliseconds(10));
        Assert.Null((await rig.Source.GetStatusAsync()).RunTimer);
    });

    private static async Task<(IncrementState? State, RunningTimer? Timer)> StateAsync(AsyncRig rig)
    {
        SourceStatus status = await rig.Source.GetStatusAsync();
        return (status.IncrementState, status.IncrementTimer);
    }
}

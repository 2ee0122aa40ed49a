using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring.Groups;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>After a point was given up the loop tries again, later each time; an admin does not wait for it .</summary>
public sealed class BackOffTests
{
    private static readonly TimeSpan s_increment = TimeSpan.FromSeconds(2);

    [Fact]
    [Rule("A-8")]
    [Rule("P-7")]
    public void Each_try_waits_twice_as_long_as_the_one_before_up_to_a_minute_and_a_commit_begins_anew() => Run(async rig =>
    {
        await rig.StallAsync();
        await rig.WriteAsync(10, 2);
        await rig.Source.SetScheduleAsync(CycleSchedule.Continuous);
        await rig.DelayAsync(TimeSpan.FromSeconds(215));
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], Waits(rig).Take(8));

        SourceStatus waiting = await rig.Source.GetStatusAsync();
        Assert.Equal((SourceState.Idle, 9, "IncrementTimedOut"), (waiting.State, waiting.GivenUpPoints, waiting.GivenUpReason));
        Assert.InRange(waiting.NextTryAt!.Value - rig.Scheduler.UtcNow, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60));

        // An admin's own does not wait, and what comes of it counts.
        await rig.UnstallAsync();
        await rig.CycleAsync();
        SourceStatus committed = await rig.Source.GetStatusAsync();
        Assert.Equal((0, null, null), (committed.GivenUpPoints, committed.GivenUpReason, committed.NextTryAt));

        await rig.StallAsync();
        await rig.WriteAsync(10, 3);
        rig.Events1.Clear();
        await rig.DelayAsync(TimeSpan.FromSeconds(15));
        Assert.Equal([1, 2], Waits(rig).Take(2));
    });

    [Fact]
    [Rule("A-8")]
    [Rule("F-10")]
    public void A_schedule_tries_again_between_its_ticks_and_a_tick_in_the_wait_is_part_of_the_try() => Run(async rig =>
    {
        await rig.StallAsync();
        await rig.WriteAsync(10, 2);
        DateTimeOffset start = rig.Scheduler.UtcNow;
        await rig.Source.SetScheduleAsync(CycleSchedule.Every(TimeSpan.FromSeconds(25), start));
        rig.Events1.Clear();
        await rig.DelayAsync(TimeSpan.FromSeconds(78));

        // Given up after two seconds each; the tick at 75 falls into the wait of 16 seconds.
        Assert.Equal([25, 28, 32, 38, 48, 66], Taken(rig).Select(at => (int)Math.Round((at - start).TotalSeconds)));
        await rig.UnstallAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(50));
        Assert.Equal([100, 125], Taken(rig).Skip(6).Select(at => (int)Math.Round((at - start).TotalSeconds)));
    });

    [Fact]
    [Rule("A-8")]
    public void A_point_that_an_admin_stopped_is_not_tried_again_and_one_that_nobody_scheduled_neither() => Run(async rig =>
    {
        await rig.StallAsync();
        await rig.WriteAsync(10, 2);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.DelayAsync(s_increment + TimeSpan.FromMinutes(1));
        SourceStatus manual = await rig.Source.GetStatusAsync();
        Assert.Equal((SourceState.Idle, 1, null), (manual.State, manual.GivenUpPoints, manual.NextTryAt));

        await rig.Source.SetScheduleAsync(CycleSchedule.Every(TimeSpan.FromHours(1), rig.Scheduler.UtcNow));
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.Source.StopCycleAsync();
        rig.Events1.Clear();
        await rig.DelayAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(Taken(rig));
        Assert.Equal(0, (await rig.Source.GetStatusAsync()).GivenUpPoints);
    });

    [Fact]
    [Rule("A-8")]
    [Rule("P-7")]
    public void A_suspended_pair_waits_for_no_try_and_begins_anew_when_it_is_resumed() => Run(async rig =>
    {
        await rig.StallAsync();
        await rig.WriteAsync(10, 2);
        await rig.Source.SetScheduleAsync(CycleSchedule.Continuous);
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
        Assert.NotNull((await rig.Source.GetStatusAsync()).NextTryAt);
        await rig.Source.SuspendAsync();
        Assert.Null((await rig.Source.GetStatusAsync()).NextTryAt);
        await rig.UnstallAsync();
        await rig.Source.ResumeAsync();
        rig.Join();
        TimeSpan began = rig.Scheduler.Now;
        ulong before = (await rig.Source.GetStatusAsync()).LastCommitted.Number;
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number > before);
        Assert.True(rig.Scheduler.Now - began < TimeSpan.FromSeconds(5), $"{rig.Scheduler.Now - began} until the first commit");
    });

    [Fact]
    [Rule("A-8")]
    [Rule("A-16")]
    public void The_agent_that_takes_a_group_s_points_waits_for_all_of_it_and_any_agent_s_admin_does_not() => AsyncRig.RunAgents(async (first, second, agents) =>
    {
        await first.SyncAsync();
        await second.SyncAsync();
        await agents.JoinAsync();
        await first.WriteAsync(5, 2);

        // The branch accepts, and is not heard: its run timer ends the hold after two seconds.
        agents.Branch.Swallowed.Add(GroupMessage.Accepted);
        List<TimeSpan> asked = [];
        agents.Coordinator.Sending = message => asked.AddRange(message.Kind == GroupMessage.Hold ? [first.Scheduler.Now] : []);
        await first.Source.SetScheduleAsync(CycleSchedule.Continuous);
        await first.DelayAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([3, 4, 6, 10, 18], asked.Zip(asked.Skip(1), static (one, next) => (int)Math.Round((next - one).TotalSeconds)));
        SourceStatus waiting = await first.Source.GetStatusAsync();
        Assert.Equal(6, waiting.GivenUpPoints);
        Assert.True(waiting.NextTryAt > first.Scheduler.UtcNow);
        Assert.Null((await second.Source.GetStatusAsync()).NextTryAt);

        agents.Branch.Swallowed.Clear();
        ulong point = await second.Source.StartCycleAsync(supersede: false);
        await first.CommittedAsync(point);
        await second.CommittedAsync(point);
        Assert.Equal(0, (await first.Source.GetStatusAsync()).GivenUpPoints);
    });

    private static void Run(Func<AsyncRig, Task> body) => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            await rig.DelayAsync(TimeSpan.FromSeconds(2));
            await body(rig);
        },
        prepare: rig => rig.Options = rig.Options with { MaximumIncrement = s_increment });

    private static IEnumerable<DateTimeOffset> Taken(AsyncRig rig) => rig.Events1.Where(static seen => seen.Id == PairEventId.PointTaken).Select(static seen => seen.At);

    // From each point that was given up to the next one that was taken, in seconds.
    private static IEnumerable<int> Waits(AsyncRig rig)
    {
        DateTimeOffset? ended = null;
        foreach (PairEvent seen in rig.Events1)
        {
            if (seen.Id == PairEventId.PointGivenUp)
            {
                ended = seen.At;
            }
            else if (seen.Id == PairEventId.PointTaken && ended is { } at)
            {
                ended = null;
                yield return (int)Math.Round((seen.At - at).TotalSeconds);
            }
        }
    }
}

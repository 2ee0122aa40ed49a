using MirrorTools.Engine.Waiting;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Simulation.Tests.Waiting;

public sealed class DeadlineTests
{
    [Fact]
    public void A_wait_ends_with_the_task_its_deadline_or_its_token_and_never_leaves_the_scheduler()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var scheduler = new SimScheduler(seed);
            scheduler.Run(async () =>
            {
                var time = scheduler.World.Time;
                var source = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                scheduler.Schedule(TimeSpan.FromSeconds(5), () => source.SetResult(7), "set");
                await Assert.ThrowsAsync<TimeoutException>(() => source.Task.WithDeadline(TimeSpan.FromSeconds(2), time, default));
                Assert.Equal(TimeSpan.FromSeconds(2), scheduler.Now);
                using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.Task.WithDeadline(TimeSpan.FromHours(1), time, cancel.Token));
                Assert.Equal(7, await source.Task.WithDeadline(TimeSpan.FromHours(1), time, default));
                Assert.Equal(TimeSpan.FromSeconds(5), scheduler.Now);
            });
        }
    }

    // a machine that was suspended for longer than the deadline blamed both places of its dirty-region log, and refused hosts
    [Fact]
    public void A_process_that_stood_still_does_not_blame_what_it_waits_for()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var scheduler = new SimScheduler(seed);
            scheduler.Run(async () =>
            {
                var process = scheduler.CreateProcess("frozen");
                var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                scheduler.Schedule(TimeSpan.FromSeconds(20), source.SetResult, "set");
                var waited = process.InvokeAsync(async () =>
                {
                    await source.Task.WithDeadline(TimeSpan.FromSeconds(10), process.Time, default);
                    return true;
                });
                await Task.Delay(TimeSpan.FromSeconds(1), scheduler.World.Time);
                process.Freeze();
                await Task.Delay(TimeSpan.FromSeconds(40), scheduler.World.Time);
                process.Thaw();
                Assert.True(await waited);
            });
        }
    }
}

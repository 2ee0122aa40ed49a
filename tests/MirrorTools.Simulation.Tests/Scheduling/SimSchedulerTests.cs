using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Simulation.Tests.Scheduling;

public sealed class SimSchedulerTests
{
    [Fact]
    public void Two_runs_of_a_seed_have_the_same_hash_and_the_same_end()
    {
        Assert.Equal(RunWorkers(seed: 7), RunWorkers(seed: 7));
    }

    [Fact]
    public void Different_seeds_go_different_ways()
    {
        var hashes = Enumerable.Range(1, 50).Select(seed => RunWorkers((ulong)seed).Hash).ToHashSet();
        Assert.Equal(50, hashes.Count);
    }

    [Fact]
    public void Work_that_is_ready_together_runs_in_every_order()
    {
        var orders = Enumerable.Range(1, 60).Select(seed => RunWorkers((ulong)seed, workers: 3, rounds: 1).Order).ToHashSet();
        Assert.Equal(6, orders.Count);
    }

    [Fact]
    public void Time_moves_only_when_nothing_is_ready()
    {
        var scheduler = new SimScheduler(1, new SimSchedulerOptions { TimerRaceProbability = 0 });
        scheduler.Run(async () =>
        {
            var time = scheduler.World.Time;
            var start = time.GetUtcNow();
            for (var i = 0; i < 100; i++)
            {
                await Task.Yield();
            }

            Assert.Equal(start, time.GetUtcNow());
            await Task.Delay(TimeSpan.FromHours(3), time);
            Assert.Equal(TimeSpan.FromHours(3), time.GetUtcNow() - start);
            Assert.Equal(TimeSpan.FromHours(3), time.GetElapsedTime(0));
        });
    }

    [Fact]
    public void A_deadline_cancels_at_its_instant()
    {
        var scheduler = new SimScheduler(1);
        scheduler.Run(async () =>
        {
            var time = scheduler.World.Time;
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30), time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromMinutes(1), time, deadline.Token));
            Assert.Equal(TimeSpan.FromSeconds(30), scheduler.Now);
        });
    }

    [Fact]
    public void A_killed_process_never_goes_on_not_even_in_finally()
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            var scheduler = new SimScheduler(seed);
            var wentOn = false;
            scheduler.Run(async () =>
            {
                var victim = scheduler.CreateProcess("victim");
                var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                victim.Start(async () =>
                {
                    try
                    {
                        await gate.Task;
                        await Task.Delay(TimeSpan.FromSeconds(1), victim.Time);
                    }
                    finally
                    {
                        wentOn = true;
                    }
                });
                await Task.Delay(TimeSpan.FromMilliseconds(scheduler.Seed), scheduler.World.Time);
                if (seed % 2 == 0)
                {
                    gate.SetResult();
                    await Task.Yield();
                }

                victim.Kill();
                gate.TrySetResult();
                await Task.Delay(TimeSpan.FromMinutes(1), scheduler.World.Time);
            });
            Assert.False(wentOn);
        }
    }

    [Fact]
    public void A_frozen_process_goes_on_where_it_was_after_the_thaw()
    {
        var scheduler = new SimScheduler(3);
        scheduler.Run(async () =>
        {
            var process = scheduler.CreateProcess("frozen");
            var ticks = 0;
            process.Start(async () =>
            {
                while (ticks < 10)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), process.Time);
                    ticks++;
                }
            });
            await Task.Delay(TimeSpan.FromSeconds(3.5), scheduler.World.Time);
            process.Freeze();
            await Task.Delay(TimeSpan.FromSeconds(60), scheduler.World.Time);
            Assert.Equal(3, ticks);
            process.Thaw();
            await Task.Delay(TimeSpan.FromSeconds(60), scheduler.World.Time);
            Assert.Equal(10, ticks);
        });
    }

    [Fact]
    public void A_deadlock_is_found_and_says_who_waits()
    {
        var scheduler = new SimScheduler(1);
        var failure = Assert.Throws<SimFailureException>(() => scheduler.Run(() => new TaskCompletionSource().Task));
        Assert.Equal(SimFailureKind.Deadlock, failure.Kind);
        Assert.Contains("seed 1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("world", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endless_loop_is_found()
    {
        var scheduler = new SimScheduler(1, new SimSchedulerOptions { MaxSteps = 1000 });
        var failure = Assert.Throws<SimFailureException>(() => scheduler.Run(async () =>
        {
            while (true)
            {
                await Task.Yield();
            }
        }));
        Assert.Equal(SimFailureKind.StepLimit, failure.Kind);
    }

    [Fact]
    public void A_continuation_that_escapes_to_another_thread_fails_the_run_by_name()
    {
        var scheduler = new SimScheduler(1);
        var failure = Assert.Throws<SimFailureException>(() => scheduler.Run(async () =>
        {
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var other = new TaskCompletionSource();
            var both = Task.WhenAll(source.Task, other.Task);
            other.SetResult();
            scheduler.Schedule(TimeSpan.FromSeconds(1), source.SetResult, "set");
            await both;
        }));
        Assert.True(failure.Kind == SimFailureKind.Escaped, failure.Message);
    }

    [Fact]
    public void What_a_process_throws_where_nobody_awaits_fails_the_run()
    {
        var scheduler = new SimScheduler(1);
        var failure = Assert.Throws<SimFailureException>(() => scheduler.Run(async () =>
        {
            var process = scheduler.CreateProcess("engine");
            process.Start(async () =>
            {
                await Task.Yield();
                throw new InvalidOperationException("broken invariant");
            });
            await Task.Delay(TimeSpan.FromSeconds(1), scheduler.World.Time);
        }));
        Assert.Equal(SimFailureKind.Unhandled, failure.Kind);
        Assert.IsType<InvalidOperationException>(failure.InnerException);
    }

    private static (ulong Hash, long Steps, TimeSpan Now, string Order) RunWorkers(ulong seed, int workers = 5, int rounds = 20)
    {
        var scheduler = new SimScheduler(seed);
        var order = "";
        scheduler.Run(async () =>
        {
            var random = scheduler.Random.Fork("workers");
            var done = Enumerable.Range(0, workers).Select(i => scheduler.CreateProcess("w" + i).InvokeAsync(async () =>
            {
                for (var round = 0; round < rounds; round++)
                {
                    order += i;
                    await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 20)), scheduler.World.Time);
                }

                return true;
            })).ToArray();
            foreach (var task in done)
            {
                await task;
            }
        });
        return (scheduler.Hash, scheduler.Step, scheduler.Now, order);
    }
}

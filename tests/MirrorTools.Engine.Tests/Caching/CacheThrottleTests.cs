using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

[Rule("S-15")]
public sealed class CacheThrottleTests
{
    // 64 KiB may be saved up.
    private static readonly CacheOptions s_options = new() { LimitBytes = 1 << 20, TargetBytes = 512 << 10 };

    [Fact]
    public void Below_the_target_writes_pass_without_an_allocation()
    {
        CacheThrottle throttle = new(s_options);
        throttle.Report(0, 0, 1000);
        Assert.True(Pass(throttle));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(Pass(throttle));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static bool Pass(CacheThrottle throttle)
        {
            bool passed = true;
            for (int i = 0; i < 10_000; i++)
            {
                passed &= throttle.AdmitAsync(1 << 20, default).IsCompletedSuccessfully;
            }

            return passed;
        }
    }

    [Theory]
    [InlineData(1.0, 16)]
    [InlineData(0.875, 16)]
    [InlineData(0.4375, 32)]
    [InlineData(0.21875, 64)]
    public void Above_it_each_byte_takes_a_share_of_a_hardened_one(double pressure, int admittedPages)
    {
        CacheThrottle throttle = new(s_options);
        throttle.Report(0, pressure, 0);
        List<Task> writes = Exhaust(throttle, 200);
        int passed = writes.Count(write => write.IsCompleted);
        Assert.Equal(16, passed);

        // 16 pages are hardened, one after the other.
        for (int page = 1; page <= 16; page++)
        {
            throttle.Report(0, pressure, page * 4096);
        }

        Assert.Equal(passed + admittedPages, writes.Count(write => write.IsCompleted));
        Assert.All(writes.Take(passed + admittedPages), write => Assert.True(write.IsCompletedSuccessfully));
        throttle.Report(0, 0, 16 * 4096);
        Assert.All(writes, write => Assert.True(write.IsCompletedSuccessfully));
    }

    [Fact]
    public void The_slowest_node_rules_until_it_leaves()
    {
        CacheThrottle throttle = new(s_options);
        throttle.Report(0, 0.25, 0);
        throttle.Report(1, 1, 7_000_000);
        List<Task> writes = Exhaust(throttle, 100);
        throttle.Report(0, 0.25, 1 << 30);
        Assert.Equal(16, writes.Count(write => write.IsCompleted));
        throttle.Report(1, 1, 7_000_000 + (3 * 4096));
        Assert.Equal(19, writes.Count(write => write.IsCompleted));
        throttle.Remove(1);
        Assert.InRange(writes.Count(write => write.IsCompleted), 19 + 12, 19 + 17);
        throttle.Release();
        Assert.All(writes, write => Assert.True(write.IsCompletedSuccessfully));
        Assert.True(throttle.AdmitAsync(1 << 20, default).IsCompleted);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_costs_the_others_nothing()
    {
        CacheThrottle throttle = new(s_options);
        throttle.Report(0, 1, 0);
        Exhaust(throttle, 16);
        using CancellationTokenSource cancel = new();
        Task first = throttle.AdmitAsync(1 << 20, cancel.Token).AsTask();
        Task second = throttle.AdmitAsync(512, default).AsTask();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(1, throttle.Waiting);
        throttle.Report(0, 1, 4096);
        await second;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => throttle.AdmitAsync(512, cancel.Token).AsTask());
    }

    [Fact]
    public void Hosts_that_outrun_the_disk_come_down_to_its_speed_and_never_find_the_cache_full()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            SimScheduler scheduler = new(seed);
            scheduler.Run(async () =>
            {
                // 8 writes of at most 64 KiB at once, each 4 ms: some 100 MB/s.
                SimDisk disk = new(scheduler, "D", new SimDiskOptions { LengthBytes = 256 << 20, LeastLatency = TimeSpan.FromMilliseconds(4), MostLatency = TimeSpan.FromMilliseconds(5) });
                CacheOptions options = new() { LimitBytes = 32 << 20, TargetBytes = 8 << 20, RunBytes = 64 << 10 };
                WriteBackCache cache = new(disk.Open(scheduler.World), new GrainGeometry(256 << 20, 64 << 10), options, scheduler.World.Time);
                CacheThrottle throttle = new(options);
                cache.FillChanged = () => throttle.Report(0, cache.Pressure, cache.HardenedBytes);
                using CancellationTokenSource stop = new();
                Task background = cache.RunAsync(stop.Token);
                byte[] data = new byte[64 << 10];
                TimeSpan longest = TimeSpan.Zero;
                List<(TimeSpan Time, long Hardened)> marks = [];
                for (int write = 0; write < 4096; write++)
                {
                    TimeSpan before = scheduler.Now;
                    await throttle.AdmitAsync(data.Length, default);
                    longest = scheduler.Now - before > longest ? scheduler.Now - before : longest;
                    Assert.True(cache.TryPut((long)write * 7919 % 4096 * data.Length, data), $"seed {seed}: full at write {write}");
                    await CacheBed.PauseAsync(scheduler, scheduler.World, 100);
                    marks.Add((scheduler.Now, cache.HardenedBytes));
                }

                // In the second half, what comes in is what is hardened, to within the cache.
                long hardened = marks[^1].Hardened - marks[2048].Hardened;
                Assert.InRange(hardened, (128L << 20) - options.LimitBytes, (128L << 20) + options.LimitBytes);
                Assert.True(marks[^1].Time - marks[2048].Time > TimeSpan.FromMilliseconds(600), "The hosts were not slowed down.");
                Assert.InRange(longest, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(150));
                stop.Cancel();
                await background;
            });
        }
    }

    private static List<Task> Exhaust(CacheThrottle throttle, int pages) => [.. Enumerable.Range(0, pages).Select(_ => throttle.AdmitAsync(4096, default).AsTask())];
}

using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>A cache of 16 pages, or as told, over a disk whose requests take 100 microseconds each; grains of 16 KiB. A page is filled with its stamp.</summary>
internal sealed class CacheBed
{
    public const int PageBytes = 4096;

    public const int GrainBytes = 16 * 1024;

    private CacheBed(SimScheduler scheduler, CacheOptions? options, bool readsStale)
    {
        Scheduler = scheduler;
        Time = scheduler.World.Time;
        Disk = new SimDisk(scheduler, "D", new SimDiskOptions
        {
            LengthBytes = 4 << 20,
            LeastLatency = TimeSpan.FromMicroseconds(100),
            MostLatency = TimeSpan.FromMicroseconds(100),
            FlushLatency = TimeSpan.Zero,
            SlowProbability = 0,
        });
        Watched = new WatchedDisk(Disk.Open(scheduler.World)) { Peek = readsStale ? (offset, buffer) => Disk.Peek(offset, buffer) : null, Choose = () => 1 };
        Cache = new WriteBackCache(
            Watched, new GrainGeometry(4 << 20, GrainBytes), options ?? new CacheOptions { LimitBytes = 16 * PageBytes, TargetBytes = 8 * PageBytes }, Time)
        {
            GrainHardened = Hardened.Add,
            Faulted = Faults.Add,
        };
    }

    public SimScheduler Scheduler { get; }

    public TimeProvider Time { get; }

    public SimDisk Disk { get; }

    public WatchedDisk Watched { get; }

    public WriteBackCache Cache { get; }

    public List<long> Hardened { get; } = [];

    public List<Exception> Faults { get; } = [];

    /// <summary>Runs a test on the scheduler, with several orders of what is ready at once.</summary>
    public static void Run(Func<CacheBed, Task> test, CacheOptions? options = null, bool readsStale = false)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            SimScheduler scheduler = new(seed, new SimSchedulerOptions { TimerRaceProbability = 0 });
            scheduler.Run(() => test(new CacheBed(scheduler, options, readsStale)));
        }
    }

    public bool TryPut(long page, byte stamp, int count = 1) => Cache.TryPut(page * PageBytes, Pages(stamp, count));

    public void Put(long page, byte stamp, int count = 1) => Assert.True(TryPut(page, stamp, count));

    /// <summary>Puts other pages, hardened, until a page that was not read is evicted.</summary>
    public async Task EvictOthersAsync()
    {
        for (int page = 512; page < 512 + 48; page += 8)
        {
            Put(page, 99, 8);
            await Cache.FlushAsync(default);
        }
    }

    public async Task<byte> ReadAsync(long page)
    {
        byte[] buffer = new byte[PageBytes];
        await Cache.ReadAsync(page * PageBytes, buffer, default);
        return Only(buffer);
    }

    public byte OnDisk(long page)
    {
        byte[] buffer = new byte[PageBytes];
        Disk.PeekDurable(page * PageBytes, buffer);
        return Only(buffer);
    }

    public Task PauseAsync(int microseconds) => PauseAsync(Scheduler, Scheduler.World, microseconds);

    /// <summary>Waits for less than the milliseconds that <c>Task.Delay</c> counts.</summary>
    public static Task PauseAsync(SimScheduler scheduler, SimProcess process, int microseconds)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scheduler.Schedule(TimeSpan.FromMicroseconds(microseconds), done.SetResult, "pause", process);
        return done.Task;
    }

    public static byte[] Pages(byte stamp, int count)
    {
        byte[] data = new byte[count * PageBytes];
        Array.Fill(data, stamp);
        return data;
    }

    public static byte Only(ReadOnlySpan<byte> content)
    {
        Assert.False(content.ContainsAnyExcept(content[0]));
        return content[0];
    }
}

using System.Runtime.InteropServices;
using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>Readers on threads of their own, while the scheduler puts, hardens and evicts.</summary>
public sealed class WriteBackCacheThreadTests
{
    private const int Sectors = 512;
    private const int LeastPuts = 40_000;
    private const int LeastReads = 3_000;

    // The version of each sector that is certainly put.
    private readonly long[] _put = new long[Sectors];
    private readonly List<Exception> _broken = [];
    private int _readsUnderWay;
    private long _reads;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Rule("S-8")]
    public async Task Every_sector_comes_whole_and_no_older_than_what_was_put_before_the_read(int seed)
    {
        GrainGeometry geometry = new(Sectors * 512, 4096);
        CacheOptions options = new() { LimitBytes = 20 * 4096, TargetBytes = 6 * 4096, RunBytes = 8192, MaximumConcurrentWrites = 3 };
        SerialContext context = new(exception => Break(exception));
        ControlFlow flow = new(context);
        WriteBackCache cache = new(new TearingDisk(Sectors * 512), geometry, options, TimeProvider.System) { Faulted = Break };
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(reader => new Thread(() => Read(cache, new Random((seed * 10) + reader))))];
        _readsUnderWay = readers.Length;
        Array.ForEach(readers, reader => reader.Start());
        using CancellationTokenSource stop = new();
        Task background = flow.InvokeAsync(() => cache.RunAsync(stop.Token));
        await flow.InvokeAsync(() => PutAsync(cache, new Random(seed)));
        Volatile.Write(ref _readsUnderWay, 0);
        Array.ForEach(readers, reader => reader.Join());
        stop.Cancel();
        await background;
        await flow.InvokeAsync(() => cache.FlushAsync(default));
        Assert.Empty(_broken);
        Assert.Equal(0, cache.UnhardenedBytes);
    }

    [Fact]
    [Rule("S-8")]
    public void A_page_that_is_put_all_the_time_is_read_in_whole_sectors()
    {
        const int leastPuts = 300_000;
        GrainGeometry geometry = new(Sectors * 512, 4096);
        WriteBackCache cache = new(new LongDisk(Sectors * 512), geometry, new CacheOptions { LimitBytes = 20 * 4096, TargetBytes = 6 * 4096 }, TimeProvider.System);
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() => Read(cache, new Random(1), most: 8)))];
        byte[] data = new byte[4096];
        Assert.True(cache.TryPut(0, data));
        _readsUnderWay = readers.Length;
        Array.ForEach(readers, reader => reader.Start());
        for (int version = 1; (version <= leastPuts || Interlocked.Read(ref _reads) < leastPuts) && !IsBroken; version++)
        {
            MemoryMarshal.Cast<byte, long>(data.AsSpan()).Fill(version);
            Assert.True(cache.TryPut(0, data));
            Volatile.Write(ref _put[7], version);
        }

        Volatile.Write(ref _readsUnderWay, 0);
        Array.ForEach(readers, reader => reader.Join());
        Assert.Empty(_broken);
    }

    private async Task PutAsync(WriteBackCache cache, Random random)
    {
        byte[] data = new byte[24 * 512];
        for (int version = 1; (version <= LeastPuts || Interlocked.Read(ref _reads) < LeastReads) && !IsBroken; version++)
        {
            int count = random.Next(1, 25);
            int first = random.Next(Sectors - count);
            MemoryMarshal.Cast<byte, long>(data.AsSpan(0, count * 512)).Fill(version);
            while (!cache.TryPut(first * 512, data.AsSpan(0, count * 512)))
            {
                await cache.WhenRoomAsync(count * 512, default);
            }

            for (int sector = first; sector < first + count; sector++)
            {
                Volatile.Write(ref _put[sector], version);
            }

            if (version % 64 == 0)
            {
                await Task.Yield();
            }
        }
    }

    private void Read(WriteBackCache cache, Random random, int most = Sectors)
    {
        long[] from = new long[24];
        byte[] data = new byte[24 * 512];
        try
        {
            while (Volatile.Read(ref _readsUnderWay) > 0)
            {
                int count = random.Next(1, Math.Min(25, most + 1));
                int first = random.Next(most - count + 1);
                for (int i = 0; i < count; i++)
                {
                    from[i] = Volatile.Read(ref _put[first + i]);
                }

                cache.ReadAsync(first * 512, data.AsMemory(0, count * 512), default).AsTask().GetAwaiter().GetResult();
                for (int i = 0; i < count; i++)
                {
                    ReadOnlySpan<long> words = MemoryMarshal.Cast<byte, long>(data.AsSpan(i * 512, 512));
                    Assert.False(words.ContainsAnyExcept(words[0]), $"Sector {first + i} is torn: {words[0]} and {words[^1]}.");
                    Assert.True(words[0] >= from[i], $"Sector {first + i} has version {words[0]}, older than {from[i]}.");
                }

                Interlocked.Increment(ref _reads);
            }
        }
        catch (Exception exception)
        {
            Break(exception);
        }
    }

    private bool IsBroken
    {
        get
        {
            lock (_broken)
            {
                return _broken.Count > 0;
            }
        }
    }

    private void Break(Exception exception)
    {
        lock (_broken)
        {
            _broken.Add(exception);
        }
    }
}

using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Tests.Journal;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

[Rule("S-15")]
public sealed class WriteBackCacheLimitTests
{
    [Fact]
    public void A_put_without_room_puts_nothing_and_room_comes_by_hardening_in_the_order_of_the_calls() => CacheBed.Run(async bed =>
    {
        bed.Put(0, 1, 10);
        Assert.False(bed.TryPut(8, 2, 9));
        Assert.Equal((1, 0), (await bed.ReadAsync(9), await bed.ReadAsync(10)));
        Assert.Equal(10 * CacheBed.PageBytes, bed.Cache.UnhardenedBytes);
        bed.Put(8, 2, 8);

        List<int> order = [];
        Task large = FollowAsync(bed.Cache.WhenRoomAsync(bed.Cache.LargestPutBytes, default), 1);
        Task small = FollowAsync(bed.Cache.WhenRoomAsync(512, default), 2);
        await bed.PauseAsync(5_000);
        Assert.Empty(order);
        using CancellationTokenSource stop = new();
        Task background = bed.Cache.RunAsync(stop.Token);
        await large;
        Assert.True(bed.Cache.TryPut(1536, new byte[bed.Cache.LargestPutBytes]));
        await small;
        Assert.Equal([1, 2], order);
        stop.Cancel();
        await background;

        async Task FollowAsync(Task room, int number)
        {
            await room;
            order.Add(number);
        }
    });

    [Fact]
    public void Background_hardening_keeps_the_unhardened_content_at_the_target() => CacheBed.Run(
        async bed =>
        {
            using CancellationTokenSource stop = new();
            Task background = bed.Cache.RunAsync(stop.Token);
            for (int page = 0; page < 400; page += 2)
            {
                bed.Put(page, 1);
                await bed.PauseAsync(600);
                Assert.InRange(bed.Cache.UnhardenedBytes, 0, 12 * CacheBed.PageBytes);
            }

            await bed.PauseAsync(10_000);
            Assert.InRange(bed.Cache.UnhardenedBytes, 1, 8 * CacheBed.PageBytes);
            stop.Cancel();
            await background;
        },
        new CacheOptions { LimitBytes = 64 * CacheBed.PageBytes, TargetBytes = 8 * CacheBed.PageBytes });

    [Fact]
    public void Once_warm_no_put_allocates()
    {
        const int pages = 4096;
        GrainGeometry geometry = new(64 << 20, 16 * 1024);
        WriteBackCache cache = new(new LongDisk(geometry.LengthBytes), geometry, new CacheOptions { LimitBytes = pages * 4096, TargetBytes = pages * 2048 }, new StillTime());
        byte[] data = new byte[8 * 4096];
        long allocated = long.MaxValue;
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int page = 0; page < pages; page += 8)
            {
                // Pages that evict others, pages that are there, and zeros.
                long offset = ((((round * 5L) % 4 * pages) + page) * 4096) % geometry.LengthBytes;
                bool isPut = cache.TryPut(offset, data) && cache.TryPut(offset, data) && cache.TryPutZeroes(offset, 4096, mayUnmap: true);
                Assert.True(isPut);
            }

            // A collection that another test caused counts what was left of the thread's allocation context: not every round has one.
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.True(cache.FlushAsync(default).IsCompletedSuccessfully);
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_page_takes_few_bytes_besides_its_content()
    {
        const long pages = 32768;
        CacheOptions options = new() { LimitBytes = pages * 4096, TargetBytes = pages * 2048 };
        GrainGeometry geometry = new(64L << 40, 64 * 1024);
        byte[] data = new byte[64 * 1024];
        LongDisk disk = new(geometry.LengthBytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        WriteBackCache cache = new(disk, geometry, options, new StillTime());
        long map = GC.GetAllocatedBytesForCurrentThread() - before;
        for (long page = 0; page < pages; page += 16)
        {
            Assert.True(cache.TryPut(page * 4096, data));
        }

        long perPage = (GC.GetAllocatedBytesForCurrentThread() - before) / pages;
        Assert.InRange(perPage, 4096, 4096 + 64 + (map / pages));
        Assert.False(cache.TryPut(pages * 4096, data));
    }

    [Theory]
    [InlineData(1024, 512, 4096, 1)]
    [InlineData(1 << 20, 1 << 20, 4096, 1)]
    [InlineData(1 << 20, 0, 4096, 1)]
    [InlineData(1 << 20, 4096, 5000, 1)]
    [InlineData(1 << 20, 4096, 32 << 20, 1)]
    [InlineData(1 << 20, 4096, 4096, 0)]
    public void Options_out_of_bounds_are_refused(long limitBytes, long targetBytes, int runBytes, int writes)
    {
        CacheOptions options = new() { LimitBytes = limitBytes, TargetBytes = targetBytes, RunBytes = runBytes, MaximumConcurrentWrites = writes };
        Assert.Throws<ArgumentException>(() => new WriteBackCache(new LongDisk(1 << 20), new GrainGeometry(1 << 20, 4096), options, new StillTime()));
    }

    [Fact]
    public void Ranges_that_are_not_whole_sectors_of_the_volume_are_refused() => CacheBed.Run(bed =>
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => bed.Cache.TryPut(100, new byte[512]));
        Assert.Throws<ArgumentOutOfRangeException>(() => bed.Cache.TryPut(0, new byte[100]));
        Assert.Throws<ArgumentOutOfRangeException>(() => bed.Cache.TryPutZeroes((4 << 20) - 512, 1024, mayUnmap: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => bed.Cache.TryPut(0, new byte[bed.Cache.LargestPutBytes + 512]));
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = bed.Cache.ReadAsync(-512, new byte[512], default); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = bed.Cache.WhenRoomAsync(bed.Cache.LargestPutBytes + 1, default); });
        return Task.CompletedTask;
    });
}

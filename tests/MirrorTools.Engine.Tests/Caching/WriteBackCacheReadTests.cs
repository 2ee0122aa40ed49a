using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

[Rule("S-8")]
public sealed class WriteBackCacheReadTests
{
    [Fact]
    public void A_disk_read_that_began_before_a_page_was_hardened_and_evicted_does_not_bring_its_old_content() => CacheBed.Run(
        async bed =>
        {
            // The read is for three pages, of which the middle one is put already.
            bed.Put(1, 5);
            byte[] buffer = new byte[3 * CacheBed.PageBytes];
            bed.Disk.Faults.ExtraLatency = TimeSpan.FromMilliseconds(50);
            Task read = bed.Cache.ReadAsync(0, buffer, default).AsTask();
            bed.Disk.Faults.ExtraLatency = TimeSpan.Zero;
            await bed.Cache.FlushAsync(default);
            await bed.EvictOthersAsync();
            Assert.False(read.IsCompleted);
            long reads = bed.Disk.Counters.Reads;
            Assert.Equal(5, await bed.ReadAsync(1));
            Assert.Equal(reads + 1, bed.Disk.Counters.Reads);
            await read;
            Assert.Equal((0, 5, 0), (buffer[0], CacheBed.Only(buffer.AsSpan(CacheBed.PageBytes, CacheBed.PageBytes)), buffer[^1]));
        },
        readsStale: true);

    [Fact]
    public void Hardened_content_is_read_from_the_cache_until_its_room_is_needed_and_what_was_read_stays_longest() => CacheBed.Run(async bed =>
    {
        bed.Put(0, 1, 8);
        await bed.Cache.FlushAsync(default);
        bed.Put(8, 2, 8);
        await bed.Cache.FlushAsync(default);
        Assert.Equal(1, await bed.ReadAsync(3));
        bed.Put(100, 3, 8);
        Assert.Equal(0, bed.Disk.Counters.Reads);
        Assert.Equal(1, await bed.ReadAsync(3));
        Assert.Equal(0, bed.Disk.Counters.Reads);
        Assert.Equal(1, await bed.ReadAsync(4));
        Assert.Equal(1, bed.Disk.Counters.Reads);
        Assert.Equal(16 * CacheBed.PageBytes, bed.Cache.HeldBytes);
    });
}

using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

[Rule("S-7")]
public sealed class WriteBackCacheHardeningTests
{
    private static readonly CacheOptions s_large = new() { LimitBytes = 2 << 20, TargetBytes = 1 << 20, HardenAge = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public void Neighbours_over_several_grains_are_hardened_by_one_write_and_one_flush_however_often_they_were_put() => CacheBed.Run(
        async bed =>
        {
            for (byte stamp = 1; stamp <= 3; stamp++)
            {
                for (int page = 15; page >= 0; page--)
                {
                    bed.Put(page, stamp);
                }
            }

            await bed.Cache.FlushAsync(default);
            Assert.Equal((0, 64 * 1024, false, WriteOptions.None), Assert.Single(bed.Watched.Writes));
            Assert.Equal(1, bed.Watched.Flushes);
            Assert.Equal([0L, 1, 2, 3], bed.Hardened.Order());
            Assert.Equal(3, bed.OnDisk(7));
            Assert.Equal(16 * CacheBed.PageBytes, bed.Cache.HardenedBytes);

            await bed.Cache.FlushAsync(default);
            Assert.Equal(1, bed.Watched.Flushes);
        },
        s_large);

    [Fact]
    public void Calls_that_come_together_share_flushes() => CacheBed.Run(
        async bed =>
        {
            for (int page = 0; page < 64; page++)
            {
                bed.Put(page * 4, 1);
            }

            Task[] calls = [.. Enumerable.Range(0, 8).Select(call => bed.Cache.HardenAsync(new GrainRange(call * 8, 8), null, default))];
            foreach (Task call in calls)
            {
                await call;
            }

            // Eight writes at once, one call after the other: no more flushes than the calls' ends lie apart.
            Assert.InRange(bed.Watched.Flushes, 1, 8);
            Assert.InRange(bed.Watched.MostAtOnce, 2, 8);
            int flushes = bed.Watched.Flushes;
            bed.Put(0, 2);
            Task first = bed.Cache.FlushAsync(default);
            Task second = bed.Cache.FlushAsync(default);
            await first;
            await second;
            Assert.InRange(bed.Watched.Flushes - flushes, 1, 2);
            Assert.Equal(0, bed.Cache.UnhardenedBytes);
        },
        s_large);

    [Fact]
    public void A_version_that_is_overwritten_while_it_is_written_or_flushed_does_not_count() => CacheBed.Run(
        async bed =>
        {
            foreach (int pause in (int[])[50, 150])
            {
                bed.Put(1, 1);
                Task hardening = bed.Cache.FlushAsync(default);
                await bed.PauseAsync(pause);
                bed.Put(1, 2);
                await hardening;
                Assert.Equal(1, bed.OnDisk(1));
                Assert.Empty(bed.Hardened);
                Assert.True(bed.Cache.Unhardened[0]);
                Assert.Equal(2, await bed.ReadAsync(1));

                await bed.Cache.FlushAsync(default);
                Assert.Equal(2, bed.OnDisk(1));
                Assert.Equal([0L], bed.Hardened);
                Assert.False(bed.Cache.Unhardened[0]);
                bed.Hardened.Clear();
            }
        });

    [Fact]
    public void A_call_brings_what_was_overwritten_under_way_before_it_began() => CacheBed.Run(
        async bed =>
        {
            bed.Put(1, 1);
            bed.Put(9, 1);
            Task first = bed.Cache.FlushAsync(default);
            await bed.PauseAsync(50);
            bed.Put(1, 2);
            int flushes = bed.Watched.Flushes;
            await bed.Cache.FlushAsync(default);
            Assert.Equal(2, bed.OnDisk(1));
            Assert.InRange(bed.Watched.Flushes - flushes, 1, 2);
            await first;
            Assert.Equal([0L, 2], bed.Hardened.Order());
        });

    [Fact]
    [Rule("S-6")]
    public void Only_the_wanted_grains_are_hardened() => CacheBed.Run(
        async bed =>
        {
            bed.Put(0, 1, 8);
            bed.Put(8, 1, 8);
            await bed.Cache.HardenAsync(new GrainRange(1, 3), grain => grain != 2, default);
            Assert.Equal([1L, 3], bed.Hardened.Order());
            Assert.Equal([0L, 2], Enumerable.Range(0, 4).Select(grain => (long)grain).Where(grain => bed.Cache.Unhardened[grain]));
            Assert.Equal((0, 0), (bed.OnDisk(0), bed.OnDisk(8)));
        });

    [Fact]
    public void Content_is_hardened_at_its_age_and_what_is_written_all_the_time_after_twice_as_long_at_most() => CacheBed.Run(
        async bed =>
        {
            using CancellationTokenSource stop = new();
            Task background = bed.Cache.RunAsync(stop.Token);
            await bed.PauseAsync(7_000);
            bed.Put(0, 1);
            TimeSpan start = bed.Scheduler.Now;
            for (byte stamp = 1; stamp < 100; stamp++)
            {
                bed.Put(40, stamp);
                double ageMs = (bed.Scheduler.Now - start).TotalMilliseconds;
                Assert.True(ageMs is >= 20 and < 23 || bed.Cache.Unhardened[0] == ageMs < 20, $"after {ageMs} ms");
                Assert.True(ageMs > 36 || bed.OnDisk(40) == 0, $"written after {ageMs} ms");
                Assert.True(ageMs < 43 || bed.OnDisk(40) > 0, $"not written after {ageMs} ms");
                await bed.PauseAsync(1_000);
            }

            stop.Cancel();
            await background;
        },
        s_large);

    [Fact]
    public void Zeroes_go_to_the_disk_without_data_and_as_holes_only_where_they_may() => CacheBed.Run(
        async bed =>
        {
            bed.Put(0, 1, 128);
            await bed.Cache.FlushAsync(default);
            bed.Watched.Writes.Clear();
            Assert.True(bed.Cache.TryPutZeroes(0, 64 * CacheBed.PageBytes, mayUnmap: true));
            Assert.True(bed.Cache.TryPutZeroes(80 * CacheBed.PageBytes, 8 * CacheBed.PageBytes, mayUnmap: false));
            Assert.Equal((0, 0, 1), (await bed.ReadAsync(63), await bed.ReadAsync(80), await bed.ReadAsync(64)));
            await bed.Cache.FlushAsync(default);
            Assert.Equal(
                [(0L, 64L * 4096, true, WriteOptions.MayUnmap), (80L * 4096, 8L * 4096, true, WriteOptions.None)], bed.Watched.Writes.OrderBy(write => write.OffsetBytes));
            Assert.Equal((0, 0, 1), (bed.OnDisk(63), bed.OnDisk(80), bed.OnDisk(64)));
        },
        s_large);

    [Fact]
    public void Sectors_that_nobody_put_are_neither_written_nor_made_up() => CacheBed.Run(
        async bed =>
        {
            byte[] before = CacheBed.Pages(7, 1);
            bed.Disk.Preload(0, before);
            Assert.True(bed.Cache.TryPut(512, CacheBed.Pages(1, 1).AsSpan(0, 512)));
            Assert.True(bed.Cache.TryPut(5 * 512, CacheBed.Pages(2, 1).AsSpan(0, 1024)));
            byte[] read = new byte[CacheBed.PageBytes];
            await bed.Cache.ReadAsync(0, read, default);
            Assert.Equal([7, 1, 7, 7, 7, 2, 2, 7], Enumerable.Range(0, 8).Select(sector => CacheBed.Only(read.AsSpan(sector * 512, 512))));
            await bed.Cache.FlushAsync(default);
            Assert.Equal([(512, 512), (5 * 512, 1024)], bed.Watched.Writes.Select(write => (write.OffsetBytes, write.LengthBytes)).Order());
        });
}

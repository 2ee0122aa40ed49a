using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class DirtyRegionLogTests
{
    [Fact]
    [Rule("F-18")]
    public async Task A_region_is_durably_hot_before_the_mark_returns()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        Assert.False(log.TryUse(7));
        await log.MarkHotAsync(7, 9, default);
        Assert.True(log.TryUse(7) && log.IsHot(8) && log.StateOf(9) == RegionState.Hot);

        DirtyRegionLog again = await bed.OpenAsync();
        Assert.False(again.AllUnknown);
        Assert.Equal([7L, 8L, 9L], again.HotRegions.Order());
        Assert.True(again.TryUse(8));
        Assert.False(again.TryUse(10));
    }

    [Fact]
    public async Task Marking_a_hot_region_writes_nothing()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        await log.MarkHotAsync(7, 9, default);
        int writes = bed.Disks[0].Writes;
        Assert.True(log.MarkHotAsync(7, 9, default).IsCompletedSuccessfully);
        Assert.Equal(writes, bed.Disks[0].Writes);
    }

    [Fact]
    [Rule("F-18")]
    public async Task A_write_into_a_cooling_region_keeps_it_hot()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        await log.MarkHotAsync(1, 3, default);
        Assert.Equal([1L, 2L, 3L], log.BeginCooling(10));
        Assert.Equal(RegionState.Cooling, log.StateOf(2));
        Assert.True(log.TryUse(2));
        await log.CompleteCoolingAsync([1, 2, 3], default);
        Assert.Equal([RegionState.Cold, RegionState.Hot, RegionState.Cold], new[] { log.StateOf(1), log.StateOf(2), log.StateOf(3) });
        Assert.False(log.TryUse(1));
        Assert.Equal([2L], log.HotRegions);
        Assert.Equal(199, log.FreeSlots);
    }

    [Fact]
    public async Task Cooling_picks_the_least_recently_marked_first_and_what_stayed_hot_goes_to_the_end()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        foreach (long region in (long[])[5, 1, 9])
        {
            await log.MarkHotAsync(region, region, default);
        }

        Assert.Equal([5L], log.BeginCooling(1));
        Assert.True(log.TryUse(5));
        await log.CompleteCoolingAsync([5], default);
        Assert.Equal([1L, 9L, 5L], log.BeginCooling(3));
        log.AbandonCooling([1, 9, 5]);
        Assert.Equal([9L], log.BeginCooling(5, region => region == 9));
    }

    [Fact]
    [Rule("P-8")]
    public async Task A_mark_waits_for_a_slot_and_goes_on_when_cooling_makes_room()
    {
        RegionLogBed bed = new(1000, 4);
        DirtyRegionLog log = await bed.CreateAsync();
        int asked = 0;
        log.SlotsNeeded = () => asked++;
        for (long region = 0; region < 4; region++)
        {
            await log.MarkHotAsync(region, region, default);
        }

        asked = 0;
        Task waiting = log.MarkHotAsync(100, 100, default).AsTask();
        Assert.False(waiting.IsCompleted);
        Assert.Equal(1, asked);

        // A cooling that frees nothing, since the region was used meanwhile, is followed by a call for another.
        IReadOnlyList<long> cooling = log.BeginCooling(1, region => region == 3);
        Assert.True(log.TryUse(3));
        await log.CompleteCoolingAsync(cooling, default);
        Assert.False(waiting.IsCompleted);
        Assert.Equal(2, asked);
        await log.CompleteCoolingAsync(log.BeginCooling(2), default);
        await waiting;
        Assert.True(log.IsHot(100));
        Assert.Equal([2L, 3L, 100L], (await bed.OpenAsync()).HotRegions.Order());
    }

    [Fact]
    [Rule("P-8")]
    public async Task Where_no_slot_comes_free_in_time_every_region_counts_as_hot_and_the_write_goes_on()
    {
        RegionLogBed bed = new(1000, 4);
        DirtyRegionLog log = await bed.CreateAsync();
        bool overflowed = false;
        log.Overflowed = () => overflowed = true;
        for (long region = 0; region < 4; region++)
        {
            await log.MarkHotAsync(region, region, default);
        }

        Task waiting = log.MarkHotAsync(100, 100, default).AsTask();
        bed.Time.ExpireAll();
        await waiting;
        Assert.True(overflowed && log.AllUnknown && log.TryUse(100) && log.TryUse(999));
        Assert.True((await bed.OpenAsync()).AllUnknown);

        log.BeginForgetting();
        Assert.True(log.AllUnknown);
        Assert.False(log.TryUse(100));
        Assert.True((await bed.OpenAsync()).AllUnknown);
        DirtyRegionLog again = await bed.OpenAsync();
        again.BeginForgetting();
        await again.CompleteForgettingAsync(default);
        Assert.False(again.AllUnknown);
        DirtyRegionLog last = await bed.OpenAsync();
        Assert.False(last.AllUnknown);
        Assert.Equal([0L, 1L, 2L, 3L], last.HotRegions.Order());
    }

    [Fact]
    [Rule("F-18")]
    public async Task After_a_clean_close_no_region_is_hot()
    {
        RegionLogBed bed = new(5000, 1000);
        DirtyRegionLog log = await bed.CreateAsync();
        for (long region = 0; region < 1000; region += 100)
        {
            await log.MarkHotAsync(region, region + 99, default);
        }

        Assert.Equal(1000, (await bed.OpenAsync()).HotRegions.Count);
        await log.WriteCleanAsync(default);
        DirtyRegionLog again = await bed.OpenAsync();
        Assert.Empty(again.HotRegions);
        Assert.False(again.AllUnknown);
        Assert.Equal(1000, again.FreeSlots);
    }

    [Fact]
    public async Task Marks_out_of_range_and_too_many_at_once_are_refused()
    {
        RegionLogBed bed = new(1000, 100);
        DirtyRegionLog log = await bed.CreateAsync();
        Assert.Equal(25, log.MaximumRegionsPerMark);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.MarkHotAsync(-1, 0, default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.MarkHotAsync(0, 1000, default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.MarkHotAsync(0, 25, default).AsTask());
        await log.MarkHotAsync(0, 24, default);
    }

    [Theory]
    [InlineData(1L << 30, 65536, 1 << 20, 1024)]
    [InlineData(1L << 46, 65536, 4 << 20, 1024)]
    [InlineData(1L << 20, 4096, 65536, 16)]
    [InlineData(512, 4 << 20, 4 << 20, 1)]
    [InlineData((1L << 30) + 512, 4096, 2 << 20, 513)]
    public void The_default_is_at_most_4_GiB_hot_and_never_below_a_grain(long lengthBytes, int grainBytes, int regionBytes, int slots)
    {
        GrainGeometry geometry = new(lengthBytes, grainBytes);
        Assert.Equal((regionBytes, slots), DirtyRegionLog.DefaultFor(geometry));
        Assert.Null(MetadataIdentity.For(Guid.Empty, Guid.Empty, geometry).Validate());
        Assert.True((long)regionBytes * slots <= 4L << 30);
    }

    [Fact]
    public async Task A_region_knows_its_grains()
    {
        RegionLogBed bed = new(10, 10);
        DirtyRegionLog log = await bed.CreateAsync();
        Assert.Equal(new GrainRange(32, 16), log.GrainsOf(2));
        Assert.Equal(2, log.RegionAt(3L * RegionLogBed.RegionBytes - 1));
    }

    [Fact]
    public async Task A_device_too_small_for_the_log_fails_its_creation()
    {
        RegionLogBed bed = new(10, 10);
        bed.Disks[1].WriteFault = BlockDeviceFault.Full;
        await Assert.ThrowsAsync<BlockDeviceException>(bed.CreateAsync);
    }
}

using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class DirtyRegionLogRecoveryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Rule("P-8")]
    public async Task When_one_place_fails_the_log_goes_on_with_the_other_and_the_one_that_fell_behind_does_not_win(int failing)
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        List<LogPlaceFailure> failures = [];
        log.PlaceFailed = failures.Add;
        await log.MarkHotAsync(1, 1, default);
        bed.Disks[failing].WriteFault = BlockDeviceFault.MediumError;
        await log.MarkHotAsync(2, 2, default);
        await log.MarkHotAsync(3, 3, default);
        Assert.Equal(failing, Assert.Single(failures).Place);
        Assert.NotNull(failures[0].Cause);

        // The place works again; within this life it stays out.
        bed.Disks[failing].WriteFault = null;
        await log.MarkHotAsync(4, 4, default);
        DirtyRegionLog again = await bed.OpenAsync();
        Assert.False(again.AllUnknown);
        Assert.Equal([1L, 2L, 3L, 4L], again.HotRegions.Order());
        Assert.Equal(RegionLogFlags.BothPlaces, again.AlivePlaces);
    }

    [Fact]
    [Rule("P-4")]
    public async Task Without_the_place_that_had_failed_before_the_log_is_whole()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        bed.Disks[1].WriteFault = BlockDeviceFault.MediumError;
        await log.MarkHotAsync(2, 2, default);
        bed.Disks[1].IsGone = true;
        DirtyRegionLog again = await bed.OpenAsync();
        Assert.False(again.AllUnknown);
        Assert.Equal([2L], again.HotRegions);
        Assert.Equal(RegionLogFlags.FirstPlace, again.AlivePlaces);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [Rule("P-5")]
    public async Task Without_a_place_that_may_have_gone_on_alone_everything_is_unknown(int missing)
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        await log.MarkHotAsync(1, 1, default);
        bed.Disks[1 - missing].WriteFault = BlockDeviceFault.MediumError;
        await log.MarkHotAsync(2, 2, default);
        bed.Disks[1 - missing].WriteFault = null;
        bed.Disks[missing].IsGone = true;
        DirtyRegionLog again = await bed.OpenAsync();
        Assert.True(again.AllUnknown);
        Assert.True(again.TryUse(2));

        // It says so durably: a second opening, with the place back, does not forget it.
        bed.Disks[missing].IsGone = false;
        Assert.True((await bed.OpenAsync()).AllUnknown);
    }

    [Fact]
    [Rule("P-8")]
    public async Task Where_neither_place_can_be_written_only_writes_into_cold_regions_fail()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        await log.MarkHotAsync(1, 1, default);
        bed.Disks[0].WriteFault = bed.Disks[1].WriteFault = BlockDeviceFault.MediumError;
        DirtyRegionLogException refused = await Assert.ThrowsAsync<DirtyRegionLogException>(() => log.MarkHotAsync(2, 2, default).AsTask());
        Assert.False(refused.IsTransient);
        Assert.IsType<BlockDeviceException>(refused.InnerException);
        Assert.True(log.TryUse(1));
        Assert.False(log.TryUse(2));
        await Assert.ThrowsAsync<DirtyRegionLogException>(() => log.MarkHotAsync(2, 2, default).AsTask());
        await log.MarkHotAsync(1, 1, default);
        bed.Disks[0].WriteFault = bed.Disks[1].WriteFault = null;
        Assert.Contains(1L, (await bed.OpenAsync()).HotRegions);
    }

    [Fact]
    [Rule("P-2")]
    public async Task One_decayed_copy_of_any_block_is_made_up_for_by_the_other()
    {
        for (int position = 0; position < RegionLogBlock.RingBlocks; position++)
        {
            RegionLogBed bed = await MarkedAsync();
            bed.Disks[position % 2].Spoil((position % 2 == 0 ? bed.First : bed.Second).OffsetBytes + (position * 4096) + 77);
            DirtyRegionLog log = await bed.OpenAsync();
            Assert.False(log.AllUnknown);
            Assert.Equal(70, log.HotRegions.Count);
        }
    }

    [Fact]
    [Rule("P-5")]
    public async Task Where_both_copies_of_a_needed_block_decayed_everything_is_unknown()
    {
        RegionLogBed bed = await MarkedAsync();
        ulong newest = bed.BlocksOf(0).Max(block => block.Sequence);
        bed.Disks[0].Spoil(bed.First.OffsetBytes + RegionLogBlock.OffsetOf(newest - 2) + 4000);
        bed.Disks[1].Spoil(bed.Second.OffsetBytes + RegionLogBlock.OffsetOf(newest - 2) + 64);
        DirtyRegionLog log = await bed.OpenAsync();
        Assert.True(log.AllUnknown);
        Assert.Equal(RegionLogFlags.BothPlaces, log.AlivePlaces);
        Assert.True((await bed.OpenAsync()).AllUnknown);

        log = await bed.OpenAsync();
        log.BeginForgetting();
        await log.CompleteForgettingAsync(default);
        await log.MarkHotAsync(5, 5, default);
        log = await bed.OpenAsync();
        Assert.False(log.AllUnknown);
        Assert.Equal([5L], log.HotRegions);
    }

    [Fact]
    [Rule("P-5")]
    public async Task Two_places_that_both_say_they_are_alone_are_not_believed()
    {
        RegionLogBed bed = await MarkedAsync();
        byte[] second = bed.Disks[1].Visible.ToArray();
        await RunAloneAsync(bed, missing: 1);
        byte[] aloneOnFirst = bed.Disks[0].Visible.ToArray();
        bed.Disks[1].Overwrite(0, second);
        await RunAloneAsync(bed, missing: 0);
        bed.Disks[0].Overwrite(0, aloneOnFirst);
        Assert.True((await bed.OpenAsync()).AllUnknown);

        static async Task RunAloneAsync(RegionLogBed bed, int missing)
        {
            bed.Disks[missing].IsGone = true;
            DirtyRegionLog log = await bed.OpenAsync();
            log.BeginForgetting();
            await log.CompleteForgettingAsync(default);
            Assert.False((await bed.OpenAsync()).AllUnknown);
            bed.Disks[missing].IsGone = false;
        }
    }

    [Fact]
    [Rule("P-5")]
    public async Task A_place_that_came_back_is_not_written_to_while_the_other_still_says_that_it_is_alone()
    {
        RegionLogBed bed = new(1000, 200);
        DirtyRegionLog log = await bed.CreateAsync();
        bed.Disks[1].WriteFault = BlockDeviceFault.MediumError;
        await log.MarkHotAsync(1, 1, default);

        // The second place is back, and the first one, which says that it is alone, can be read and not written.
        bed.Disks[1].WriteFault = null;
        bed.Disks[0].WriteFault = BlockDeviceFault.MediumError;
        log = await bed.OpenAsync();
        Assert.True(log.TryUse(1));
        await Assert.ThrowsAsync<DirtyRegionLogException>(() => log.MarkHotAsync(2, 2, default).AsTask());

        // So nothing was missed by the first place, whom alone the next opening asks.
        bed.Disks[0].WriteFault = null;
        bed.Disks[1].IsGone = true;
        log = await bed.OpenAsync();
        Assert.False(log.AllUnknown);
        Assert.Equal([1L], log.HotRegions);
    }

    [Fact]
    public async Task Another_pairs_log_is_not_taken_for_ones_own()
    {
        RegionLogBed bed = await MarkedAsync();
        MetadataIdentity other = bed.Identity with { PairId = new Guid(7, 7, 7, new byte[8]) };
        Assert.True((await DirtyRegionLog.OpenAsync(other, bed.First, bed.Second, bed.Time, default)).AllUnknown);
    }

    [Fact]
    public async Task A_place_that_was_away_is_brought_up_when_the_log_is_opened()
    {
        RegionLogBed bed = new(1000, 300);
        DirtyRegionLog log = await bed.CreateAsync();
        bed.Disks[1].WriteFault = BlockDeviceFault.MediumError;
        await log.MarkHotAsync(2, 60, default);
        bed.Disks[1].WriteFault = null;
        await bed.OpenAsync();
        await bed.OpenAsync();
        Assert.Equal(bed.BlocksOf(0).Max(block => block.Sequence), bed.BlocksOf(1).Max(block => block.Sequence));

        // The first place decays wholly: what the second has is enough to rebuild, and its not being able to ask is what counts.
        log = await bed.OpenAsync();
        bed.Disks[0].WriteFault = BlockDeviceFault.MediumError;
        await log.MarkHotAsync(70, 70, default);
        bed.Disks[0].IsGone = true;
        DirtyRegionLog alone = await bed.OpenAsync();
        Assert.False(alone.AllUnknown);
        Assert.Equal(60, alone.HotRegions.Count);
    }

    private static async Task<RegionLogBed> MarkedAsync()
    {
        RegionLogBed bed = new(1000, 600);
        DirtyRegionLog log = await bed.CreateAsync();
        for (long region = 0; region < 70; region++)
        {
            await log.MarkHotAsync(region, region, default);
        }

        return bed;
    }
}

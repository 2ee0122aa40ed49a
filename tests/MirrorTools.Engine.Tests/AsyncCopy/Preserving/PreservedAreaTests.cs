using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Tests.Journal;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

public sealed class PreservedAreaTests
{
    [Theory]
    [InlineData(4096, 1)]
    [InlineData(4096, 252)]
    [InlineData(4096, 4032)]
    [InlineData(65536, 4033)]
    [InlineData(4 << 20, 100_000)]
    public void As_many_slots_fit_as_the_length_was_made_for(int grainBytes, long slotCount)
    {
        GrainGeometry geometry = new(1L << 40, grainBytes);
        long lengthBytes = PreservedArea.LengthFor(geometry, slotCount);
        Assert.Equal(slotCount, PreservedArea.SlotsIn(geometry, lengthBytes));
        Assert.Equal(slotCount - 1, PreservedArea.SlotsIn(geometry, lengthBytes - 512));
        Assert.Equal(0, PreservedArea.SlotsIn(geometry, 4096));
    }

    [Fact]
    public async Task A_new_area_holds_nothing()
    {
        AreaBed bed = await AreaBed.CreateAsync();
        Assert.Equal((40, 40), (bed.Area.SlotCount, bed.Area.FreeSlots));
        Assert.Empty(bed.Area.Layers);
        Assert.Equal(0, bed.Area.Newest.CountSet());
        bed.Area.BeginLayer(1);
        Assert.Equal([1UL], bed.Area.Layers);
        Assert.False(bed.Area.TryFind(1, 0, out _));
        Assert.Throws<ArgumentException>(() => bed.Area.TryFind(2, 0, out _));
    }

    [Fact]
    [Rule("A-6")]
    public async Task A_preserved_grain_is_shown_as_it_was_whatever_the_volume_becomes()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(3, 30);
        bed.Stamp(4, 40);
        bed.Stamp(9, 90);
        await bed.PreserveAsync(9, 3, 4, 3);
        bed.Stamp(3, 31);
        await bed.PreserveAsync(3, 4);
        Assert.Equal(37, bed.Area.FreeSlots);
        Assert.Equal([new GrainRange(3, 2), new GrainRange(9, 1)], bed.Area.Newest.Ranges(true));
        await bed.OpenAsync(1);
        Assert.Equal([new GrainRange(3, 2), new GrainRange(9, 1)], bed.Area.Newest.Ranges(true));
        Assert.Equal(37, bed.Area.FreeSlots);
        Assert.Equal((30, 40, 90, -1), (await bed.ShownAsync(1, 3), await bed.ShownAsync(1, 4), await bed.ShownAsync(1, 9), await bed.ShownAsync(1, 5)));
    }

    [Fact]
    public async Task Slots_are_durable_before_the_table_says_so_and_neighbours_are_written_together()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        Enumerable.Range(0, 20).ToList().ForEach(grain => bed.Stamp(grain, 7));
        (int writes, int flushes) = (bed.Disk.Writes, bed.Disk.Flushes);
        await bed.Area.PreserveAsync([new GrainRange(0, 20)], new WholeExtents(bed.Volume));
        Assert.Equal((2, 2), (bed.Disk.Writes - writes, bed.Disk.Flushes - flushes));
        Assert.Equal(7, await bed.ShownAsync(1, 19));
    }

    [Fact]
    public async Task Grains_of_zeros_cost_no_data()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(2, 5);
        (int writes, int flushes) = (bed.Disk.Writes, bed.Disk.Flushes);
        await bed.PreserveAsync(0, 1);
        Assert.Equal((1, 1), (bed.Disk.Writes - writes, bed.Disk.Flushes - flushes));
        await bed.PreserveAsync(1, 2, 3);
        bed.Stamp(1, 9);
        await bed.OpenAsync(1);
        Assert.True(bed.Area.TryFind(1, 1, out PreservedPlace place) && place.IsZeros);
        Assert.True(bed.Area.TryFind(1, 2, out place) && !place.IsZeros);
        Assert.Equal((0, 5, 0), (await bed.ShownAsync(1, 1), await bed.ShownAsync(1, 2), await bed.ShownAsync(1, 3)));
    }

    [Fact]
    public async Task A_short_last_grain_is_preserved()
    {
        AreaBed bed = new(lastGrainBytes: 512);
        await PreservedArea.CreateAsync(bed.Disk, AreaBed.PairId, bed.Geometry);
        await bed.OpenAsync(1);
        bed.Stamp(31, 8);
        await bed.PreserveAsync(30, 31);
        await bed.OpenAsync(1);
        Assert.Equal((0, 8), (await bed.ShownAsync(1, 30), await bed.ShownAsync(1, 31)));
    }

    [Fact]
    [Rule("A-10")]
    public async Task A_point_shows_the_first_layer_from_its_own_on_that_holds_the_grain()
    {
        AreaBed bed = await LayeredAsync();
        await CheckAsync(bed);
        await bed.OpenAsync(1, 2, 3);
        await CheckAsync(bed);

        static async Task CheckAsync(AreaBed bed)
        {
            Assert.Equal((10, 12, -1), (await bed.ShownAsync(1, 0), await bed.ShownAsync(2, 0), await bed.ShownAsync(3, 0)));
            Assert.Equal((11, 11, -1), (await bed.ShownAsync(1, 1), await bed.ShownAsync(2, 1), await bed.ShownAsync(3, 1)));
            Assert.Equal((13, 13, 13), (await bed.ShownAsync(1, 2), await bed.ShownAsync(2, 2), await bed.ShownAsync(3, 2)));
            Assert.Equal(1, bed.Area.Newest.CountSet());
            Assert.Equal(36, bed.Area.FreeSlots);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-10")]
    public async Task A_dropped_middle_point_leaves_the_next_older_one_what_that_lacks(bool reopened)
    {
        AreaBed bed = await LayeredAsync();
        int writes = bed.Disk.Writes;
        if (reopened)
        {
            await bed.OpenAsync(1, 3);
        }
        else
        {
            bed.Area.Keep([1, 3]);
        }

        Assert.Equal(writes, bed.Disk.Writes);
        Assert.Equal([1UL, 3UL], bed.Area.Layers);
        Assert.Equal((10, -1), (await bed.ShownAsync(1, 0), await bed.ShownAsync(3, 0)));
        Assert.Equal((11, -1), (await bed.ShownAsync(1, 1), await bed.ShownAsync(3, 1)));
        Assert.Equal((13, 13), (await bed.ShownAsync(1, 2), await bed.ShownAsync(3, 2)));
        Assert.Equal(37, bed.Area.FreeSlots);
        Assert.Throws<ArgumentException>(() => bed.Area.TryFind(2, 0, out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-10")]
    public async Task A_dropped_oldest_point_is_free_and_its_slots_serve_again(bool reopened)
    {
        AreaBed bed = await LayeredAsync();
        bed.Area.Keep([2, 3]);
        if (reopened)
        {
            await bed.OpenAsync(2, 3);
        }

        Assert.Equal(37, bed.Area.FreeSlots);
        Assert.Equal((12, -1), (await bed.ShownAsync(2, 0), await bed.ShownAsync(3, 0)));
        bed.Stamp(20, 77);
        await bed.PreserveAsync(20);

        // Slot 0 held grain 0 of point 1.
        Assert.True(bed.Area.TryFind(3, 20, out PreservedPlace place));
        Assert.Equal(PreservedArea.LengthFor(bed.Geometry, 40) - (40 * AreaBed.GrainBytes), place.OffsetBytes);
        await bed.OpenAsync(2, 3);
        Assert.Equal((77, 12), (await bed.ShownAsync(2, 20), await bed.ShownAsync(2, 0)));
    }

    [Fact]
    [Rule("A-10")]
    public async Task A_full_area_says_so_before_it_writes_and_goes_on_when_a_point_is_dropped()
    {
        AreaBed bed = await AreaBed.CreateAsync(slotCount: 4, layers: 1);
        await bed.PreserveAsync(0, 1, 2);
        bed.Area.BeginLayer(2);
        int writes = bed.Disk.Writes;
        AreaFullException full = await Assert.ThrowsAsync<AreaFullException>(() => bed.PreserveAsync(5, 6));
        Assert.Equal((2, 1, writes), (full.NeededSlots, full.FreeSlots, bed.Disk.Writes));
        bed.Area.Keep([2]);
        await bed.PreserveAsync(5, 6, 7, 8);
        Assert.Equal(0, bed.Area.FreeSlots);
        await bed.PreserveAsync(5, 8);
    }

    [Fact]
    [Rule("A-9")]
    public async Task A_grain_that_is_taken_out_is_the_volumes_again_for_good()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(3, 30);
        bed.Stamp(4, 40);
        await bed.PreserveAsync(3, 4);
        await bed.RemoveAsync(3, 7);
        Assert.Equal((-1, 40, 39), (await bed.ShownAsync(1, 3), await bed.ShownAsync(1, 4), bed.Area.FreeSlots));
        await bed.ReopenAfterPowerLossAsync(new Random(1), 1);
        Assert.Equal((-1, 40, 39), (await bed.ShownAsync(1, 3), await bed.ShownAsync(1, 4), bed.Area.FreeSlots));
    }

    [Fact]
    public async Task A_cleared_area_is_empty_at_the_price_of_a_header()
    {
        AreaBed bed = await LayeredAsync();
        int writes = bed.Disk.Writes;
        await bed.Area.ClearAsync();
        Assert.Equal(2, bed.Disk.Writes - writes);
        Assert.Equal((0, 40), (bed.Area.Layers.Count, bed.Area.FreeSlots));
        Assert.Equal(0, bed.Area.Newest.CountSet());
        await bed.ReopenAfterPowerLossAsync(new Random(1), 1, 2, 3);
        Assert.Equal((-1, -1, 40), (await bed.ShownAsync(1, 0), await bed.ShownAsync(3, 2), bed.Area.FreeSlots));
        bed.Stamp(9, 99);
        await bed.PreserveAsync(9);
        await bed.OpenAsync(1, 2, 3);
        Assert.Equal((99, 39), (await bed.ShownAsync(1, 9), bed.Area.FreeSlots));
    }

    [Fact]
    public async Task Layers_that_are_no_choice_of_those_there_are_are_refused()
    {
        AreaBed bed = await LayeredAsync();
        Assert.Throws<ArgumentException>(() => bed.Area.Keep([1, 2]));
        Assert.Throws<ArgumentException>(() => bed.Area.Keep([2, 1, 3]));
        Assert.Throws<ArgumentException>(() => bed.Area.Keep([0, 3]));
        Assert.Throws<ArgumentException>(() => bed.Area.Keep([]));
        Assert.Throws<ArgumentException>(() => bed.Area.BeginLayer(3));
        Assert.Equal([1UL, 2UL, 3UL], bed.Area.Layers);
        Assert.Equal(36, bed.Area.FreeSlots);
    }

    [Fact]
    public async Task A_grain_that_is_being_preserved_while_a_point_is_committed_is_preserved_for_both()
    {
        AreaBed bed = new();
        await PreservedArea.CreateAsync(bed.Disk, AreaBed.PairId, bed.Geometry);
        HeldDisk held = new(bed.Disk);
        PreservedArea area = await PreservedArea.OpenAsync(held, AreaBed.PairId, bed.Geometry, [1, 2]);
        bed.Stamp(3, 30);
        held.Holds = true;
        Task preserve = area.PreserveAsync([new GrainRange(3, 1)], bed.Volume);
        area.BeginLayer(3);
        area.Keep([1, 3]);
        await held.PassUntilAsync(preserve);

        // Whoever waited may now overwrite the grain, which would be lost to the new point as well.
        Assert.True(area.Newest[3]);
        await held.PassUntilAsync(area.PreserveAsync([new GrainRange(3, 1), new GrainRange(4, 1)], bed.Volume));
        Assert.Equal(2, area.Newest.CountSet());
        Assert.True(area.TryFind(1, 3, out PreservedPlace first));
        Assert.True(area.TryFind(3, 3, out PreservedPlace newest));
        Assert.NotEqual(first, newest);
        Assert.Equal(37, area.FreeSlots);
        await bed.OpenAsync(1, 3);
        Assert.Equal((30, 30, 37), (await bed.ShownAsync(1, 3), await bed.ShownAsync(3, 3), bed.Area.FreeSlots));
    }

    /// <summary>Point 1 holds grains 0 and (by its own) nothing more; point 2 grains 0 and 1; point 3 grain 2.</summary>
    private static async Task<AreaBed> LayeredAsync()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(0, 10);
        await bed.PreserveAsync(0);
        bed.Stamp(0, 12);
        bed.Stamp(1, 11);
        bed.Area.BeginLayer(2);
        await bed.PreserveAsync(0, 1);
        bed.Stamp(2, 13);
        bed.Area.BeginLayer(3);
        await bed.PreserveAsync(2);
        return bed;
    }
}

using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

public sealed class PreservedAreaFaultTests
{
    [Fact]
    [Rule("A-6")]
    public async Task After_a_failed_write_nothing_of_the_batch_is_shown_and_its_slots_stay_out_of_use()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(1, 11);
        bed.Disk.WriteFault = BlockDeviceFault.Full;
        BlockDeviceException fault = await Assert.ThrowsAsync<BlockDeviceException>(() => bed.PreserveAsync(1, 2));
        Assert.Equal(BlockDeviceFault.Full, fault.Fault);
        Assert.Equal((0, 38), (bed.Area.Newest.CountSet(), bed.Area.FreeSlots));
        bed.Disk.WriteFault = null;
        await bed.PreserveAsync(1, 2);
        Assert.Equal((2, 36), (bed.Area.Newest.CountSet(), bed.Area.FreeSlots));
        await bed.OpenAsync(1);
        Assert.Equal((2, 38), (bed.Area.Newest.CountSet(), bed.Area.FreeSlots));
        Assert.Equal(11, await bed.ShownAsync(1, 1));
    }

    [Fact]
    [Rule("P-2")]
    public async Task After_a_failed_flush_nothing_is_shown_and_nothing_works_until_the_area_is_opened_anew()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(1, 11);
        bed.Disk.FailFlush = true;
        await Assert.ThrowsAsync<BlockDeviceException>(() => bed.PreserveAsync(1));
        bed.Disk.FailFlush = false;
        await Assert.ThrowsAsync<BlockDeviceException>(() => bed.PreserveAsync(2));
        await Assert.ThrowsAsync<BlockDeviceException>(() => bed.RemoveAsync(2));
        await Assert.ThrowsAsync<BlockDeviceException>(bed.Area.ClearAsync);
        Assert.Equal(0, bed.Area.Newest.CountSet());
        await bed.ReopenAfterPowerLossAsync(new Random(3), 1);
        await bed.PreserveAsync(1);
        Assert.Equal(11, await bed.ShownAsync(1, 1));
    }

    [Fact]
    public async Task A_volume_that_can_not_be_read_costs_no_slot()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        WholeExtents volume = new(bed.Volume) { FailsReads = true };
        await Assert.ThrowsAsync<TransferReadException>(() => bed.Area.PreserveAsync([new GrainRange(0, 5)], volume));
        Assert.Equal((0, 40), (bed.Area.Newest.CountSet(), bed.Area.FreeSlots));
    }

    /// <summary>The entries of a failed batch may be on the disk; a recovery write relies on their not coming back.</summary>
    [Fact]
    [Rule("A-9")]
    public async Task What_a_failed_batch_left_in_the_table_does_not_come_back_once_grains_were_taken_out()
    {
        AreaBed bed = await AreaBed.CreateAsync(600, 600, 1);
        await bed.PreserveAsync([.. Enumerable.Range(0, 250).Select(grain => (long)grain)]);

        // Zeros: only the table is written. Of the two blocks, the one that was written before goes into its other copy, by a write of its own.
        FailingWrite disk = new(bed.Disk);
        await bed.OpenOnAsync(disk, 1, 2);
        disk.FailAfter = 1;
        await Assert.ThrowsAsync<BlockDeviceException>(() => bed.PreserveAsync(500, 501, 502, 503));
        Assert.Equal(0, bed.Area.Newest.CountSet());
        Assert.Equal((346, 600), (bed.Area.FreeSlots, bed.Area.SlotCount));
        await bed.RemoveAsync(500);
        await bed.ReopenAfterPowerLossAsync(new Random(1), 1, 2);
        Assert.Equal((0, 350), (bed.Area.Newest.CountSet(), bed.Area.FreeSlots));
    }

    [Fact]
    public async Task A_clearing_that_failed_leaves_the_area_as_it_was_and_later_grains_are_not_lost()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(1, 11);
        await bed.PreserveAsync(1);
        FailingWrite disk = new(bed.Disk) { WritesAllTheSame = true };
        await bed.OpenOnAsync(disk, 1);
        disk.FailAfter = 0;
        await Assert.ThrowsAsync<BlockDeviceException>(bed.Area.ClearAsync);
        Assert.Equal(11, await bed.ShownAsync(1, 1));
        bed.Stamp(2, 22);
        await bed.PreserveAsync(2);
        await bed.ReopenAfterPowerLossAsync(new Random(1), 1);
        Assert.Equal((11, 22), (await bed.ShownAsync(1, 1), await bed.ShownAsync(1, 2)));
    }
}

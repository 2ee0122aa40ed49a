using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

public sealed class WriteBackCacheFaultTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("P-2")]
    [Rule("S-7")]
    public void After_a_write_or_flush_that_failed_nothing_is_hardened_and_what_is_cached_can_be_read(bool flushFails) => CacheBed.Run(async bed =>
    {
        bed.Put(40, 9);
        await bed.Cache.FlushAsync(default);
        bed.Hardened.Clear();

        bed.Put(0, 1, 4);
        bed.Put(100, 2, 4);
        bed.Disk.Faults.FailingWrites = flushFails ? 0 : 1;
        bed.Disk.Faults.FailingFlushes = flushFails ? 1 : 0;
        Task background = bed.Cache.RunAsync(default);
        Task other = bed.Cache.HardenAsync(new GrainRange(25, 1), null, default);
        BlockDeviceException thrown = await Assert.ThrowsAsync<BlockDeviceException>(() => bed.Cache.FlushAsync(default));
        Assert.Equal(flushFails ? BlockDeviceFault.FlushFailed : BlockDeviceFault.MediumError, thrown.Fault);
        await Assert.ThrowsAsync<BlockDeviceException>(() => other);
        Assert.Same(bed.Cache.Fault, Assert.Single(bed.Faults));
        await background;

        (int writes, int flushes) = (bed.Watched.Writes.Count, bed.Watched.Flushes);
        bed.Put(1, 3);
        Task room = bed.Cache.WhenRoomAsync(bed.Cache.LargestPutBytes, default);
        await Assert.ThrowsAsync<BlockDeviceException>(() => room);
        await Assert.ThrowsAsync<BlockDeviceException>(() => bed.Cache.FlushAsync(default));
        await bed.Cache.RunAsync(default);
        await bed.PauseAsync(100_000);
        Assert.Equal((writes, flushes), (bed.Watched.Writes.Count, bed.Watched.Flushes));
        Assert.Empty(bed.Hardened);
        Assert.True(bed.Cache.Unhardened[0] && bed.Cache.Unhardened[25]);
        Assert.Equal((1, 3, 2, 9), (await bed.ReadAsync(0), await bed.ReadAsync(1), await bed.ReadAsync(103), await bed.ReadAsync(40)));
    });

    [Fact]
    [Rule("S-15")]
    public void A_put_that_waits_for_room_learns_of_a_fault() => CacheBed.Run(async bed =>
    {
        bed.Put(0, 1, 15);
        bed.Disk.Faults.FailingFlushes = 1;
        Task room = bed.Cache.WhenRoomAsync(8192, default);
        Task background = bed.Cache.RunAsync(default);
        await Assert.ThrowsAsync<BlockDeviceException>(() => room);
        await background;
    });

    [Fact]
    [Rule("S-10")]
    public void A_cache_that_was_dropped_has_nothing_and_none_of_it_reaches_the_disk_later() => CacheBed.Run(async bed =>
    {
        Task background = bed.Cache.RunAsync(default);
        bed.Put(0, 1, 4);
        bed.Put(80, 1, 4);
        Task hardening = bed.Cache.FlushAsync(default);
        await bed.PauseAsync(50);
        Task drop = bed.Cache.DropAsync();
        Assert.False(drop.IsCompleted);
        Assert.False(bed.TryPut(200, 1));
        Task room = bed.Cache.WhenRoomAsync(512, default);
        await drop;
        await room;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hardening);
        Assert.Equal((0, 0), (bed.Cache.HeldBytes, bed.Cache.UnhardenedBytes));
        Assert.Equal(0, bed.Cache.Unhardened.CountSet());
        Assert.Empty(bed.Hardened);

        // What is written to the disk now stays.
        bed.Disk.Preload(0, CacheBed.Pages(8, 1));
        bed.Disk.Preload(80 * CacheBed.PageBytes, CacheBed.Pages(8, 1));
        await bed.PauseAsync(20_000_000);
        Assert.Equal((8, 8), (await bed.ReadAsync(0), await bed.ReadAsync(80)));

        bed.Put(0, 2);
        await bed.Cache.FlushAsync(default);
        Assert.Equal(2, bed.OnDisk(0));
        Assert.Equal([0L], bed.Hardened);
        await bed.Cache.DisposeAsync();
        await background;
        Assert.False(bed.TryPut(0, 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => bed.Cache.FlushAsync(default));
    });

    [Fact]
    public void What_was_written_for_a_call_that_was_cancelled_is_hardened_by_the_background() => CacheBed.Run(async bed =>
    {
        bed.Put(0, 1);
        using CancellationTokenSource cancel = new();
        Task hardening = bed.Cache.FlushAsync(cancel.Token);
        await bed.PauseAsync(50);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hardening);
        using CancellationTokenSource stop = new();
        Task background = bed.Cache.RunAsync(stop.Token);
        await bed.PauseAsync(6_000_000);
        Assert.Equal([0L], bed.Hardened);
        Assert.Single(bed.Watched.Writes);
        stop.Cancel();
        await background;
    });
}

using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Simulation.Tests.Disks;

public sealed class SimDiskTests
{
    private const int Sector = 512;

    [Fact]
    public void A_completed_write_is_visible_and_what_was_never_written_is_zero_and_a_hole() => Run(1, async (disk, _, handle) =>
    {
        await handle.WriteAsync(3 * Sector, Fill(7, 5), WriteOptions.None, default);
        Assert.Equal(Fill(7, 5), await Read(handle, 3 * Sector, 5));
        Assert.Equal(Fill(0, 1), await Read(handle, 0, 1));
        Assert.Equal(new BlockExtent(4096, ExtentKind.Data), await handle.FindExtentAsync(0, 65536, default));
        Assert.Equal(new BlockExtent(61440, ExtentKind.Hole), await handle.FindExtentAsync(4096, 61440, default));
        await handle.WriteZeroesAsync(0, 4096, WriteOptions.MayUnmap, default);
        Assert.Equal(0, disk.AllocatedBytes);
    });

    [Fact]
    [Rule("P-2")]
    public void Power_loss_keeps_every_flushed_and_every_forced_write() => EverySeed(100, async (disk, owner, handle) =>
    {
        await handle.WriteAsync(0, Fill(1, 8), WriteOptions.None, default);
        await handle.FlushAsync(default);
        await handle.WriteAsync(16 * Sector, Fill(2, 2), WriteOptions.None, default);
        await handle.WriteAsync(16 * Sector, Fill(3, 2), WriteOptions.ForceUnitAccess, default);
        owner.Kill();
        disk.LosePower();
        Assert.Equal(Fill(1, 8), Peek(disk, 0, 8));
        Assert.Equal(Fill(3, 2), Peek(disk, 16 * Sector, 2));
    });

    [Fact]
    [Rule("P-2")]
    public void Power_loss_may_keep_lose_reorder_or_tear_unflushed_writes_and_nothing_else()
    {
        // a model of three writes to the same two sectors: each sector ends as any of the versions, and over the seeds every pair turns up
        var outcomes = new HashSet<(int First, int Second)>();
        EverySeed(600, async (disk, owner, handle) =>
        {
            await handle.WriteAsync(0, Fill(1, 2), WriteOptions.None, default);
            await handle.FlushAsync(default);
            await handle.WriteAsync(0, Fill(2, 2), WriteOptions.None, default);
            await handle.WriteAsync(0, Fill(3, 2), WriteOptions.None, default);
            owner.Kill();
            disk.LosePower();
            var content = Peek(disk, 0, 2);
            Assert.Equal(Fill(content[0], 1), content[..Sector]);
            Assert.Equal(Fill(content[Sector], 1), content[Sector..]);
            outcomes.Add((content[0], content[Sector]));
        });
        Assert.Equal(9, outcomes.Count);
        Assert.All(outcomes, o => Assert.True(o.First is >= 1 and <= 3 && o.Second is >= 1 and <= 3));
    }

    [Fact]
    public void A_killed_process_keeps_its_completed_writes_and_its_writes_in_flight_happen_in_part()
    {
        var kept = new HashSet<string>();
        EverySeed(200, async (disk, owner, handle) =>
        {
            await handle.WriteAsync(0, Fill(1, 4), WriteOptions.None, default);
            _ = handle.WriteAsync(0, Fill(2, 4), WriteOptions.None, default).AsTask();
            owner.Kill();
            var atDeath = Peek(disk, 0, 4);
            kept.Add(string.Concat(atDeath.Chunk(Sector).Select(s => s[0])));
            await Task.Delay(TimeSpan.FromSeconds(1), owner.Scheduler.World.Time);
            Assert.Equal(atDeath, Peek(disk, 0, 4));
        });
        Assert.Contains("1111", kept);
        Assert.Contains("2222", kept);
        Assert.True(kept.Count > 8);
    }

    [Fact]
    [Rule("P-2")]
    public void After_a_failed_flush_the_handle_never_flushes_again_and_the_unflushed_is_unknown()
    {
        var seen = new HashSet<byte>();
        EverySeed(60, async (disk, owner, handle) =>
        {
            await handle.WriteAsync(0, Fill(1, 1), WriteOptions.None, default);
            await handle.FlushAsync(default);
            await handle.WriteAsync(0, Fill(2, 1), WriteOptions.None, default);
            disk.Faults.FailingFlushes = 1;
            var first = await Assert.ThrowsAsync<BlockDeviceException>(async () => await handle.FlushAsync(default));
            Assert.Equal(BlockDeviceFault.FlushFailed, first.Fault);
            await Assert.ThrowsAsync<BlockDeviceException>(async () => await handle.FlushAsync(default));
            await handle.DisposeAsync();
            var next = disk.Open(owner);
            seen.Add((await Read(next, 0, 1))[0]);
            await next.FlushAsync(default);
        });
        Assert.Equal("1,2", string.Join(",", seen.Order()));
    }

    [Fact]
    public void Faults_fail_requests_as_they_say() => Run(1, async (disk, _, handle) =>
    {
        disk.Faults.BudgetBytes = 4096;
        await handle.WriteAsync(0, Fill(1, 8), WriteOptions.None, default);
        Assert.Equal(BlockDeviceFault.Full, (await Assert.ThrowsAsync<BlockDeviceException>(async () => await handle.WriteAsync(4096, Fill(1, 1), default, default))).Fault);
        await handle.WriteAsync(0, Fill(2, 8), WriteOptions.None, default);
        disk.Faults.AddBadRange(Sector, Sector);
        Assert.Equal(BlockDeviceFault.MediumError, (await Assert.ThrowsAsync<BlockDeviceException>(async () => await Read(handle, 0, 8))).Fault);
        await Read(handle, 2 * Sector, 6);
        disk.Faults.Repair();
        disk.Faults.IsGone = true;
        Assert.True((await Assert.ThrowsAsync<BlockDeviceException>(async () => await Read(handle, 0, 8))).IsTransient);
        disk.Faults.Repair();
        disk.Corrupt(0, 0);
        Assert.Equal(3, (await Read(handle, 0, 1))[0]);
    });

    [Fact]
    public void Writes_that_overlap_in_flight_leave_either_content_in_each_sector() => EverySeed(100, async (_, _, handle) =>
    {
        var first = handle.WriteAsync(0, Fill(1, 6), WriteOptions.None, default).AsTask();
        var second = handle.WriteAsync(2 * Sector, Fill(2, 6), WriteOptions.None, default).AsTask();
        await first;
        await second;
        var content = await Read(handle, 0, 8);
        Assert.Equal(Fill(1, 2), content[..(2 * Sector)]);
        Assert.Equal(Fill(2, 2), content[(6 * Sector)..]);
        Assert.All(content.Chunk(Sector), s => Assert.True(s[0] is 1 or 2 && s.All(b => b == s[0])));
    });

    private static void EverySeed(int seeds, Func<SimDisk, SimProcess, SimDiskHandle, Task> body)
    {
        for (var seed = 1; seed <= seeds; seed++)
        {
            Run((ulong)seed, body);
        }
    }

    private static void Run(ulong seed, Func<SimDisk, SimProcess, SimDiskHandle, Task> body)
    {
        var scheduler = new SimScheduler(seed);
        var disk = new SimDisk(scheduler, "A", new SimDiskOptions { LengthBytes = 65536 });
        scheduler.Run(() =>
        {
            var owner = scheduler.CreateProcess("owner");
            return body(disk, owner, disk.Open(owner));
        });
    }

    private static byte[] Fill(int value, int sectors) => [.. Enumerable.Repeat((byte)value, sectors * Sector)];

    private static byte[] Peek(SimDisk disk, long offset, int sectors)
    {
        var buffer = new byte[sectors * Sector];
        disk.Peek(offset, buffer);
        return buffer;
    }

    private static async Task<byte[]> Read(SimDiskHandle handle, long offset, int sectors)
    {
        var buffer = new byte[sectors * Sector];
        await handle.ReadAsync(offset, buffer, default);
        return buffer;
    }
}

using MirrorTools.Agent.Storage;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Storage;

public sealed class FileBlockDeviceTests : IDisposable
{
    private const long LengthBytes = 8 << 20;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(StorageExecution.CallerThenPool)]
    [InlineData(StorageExecution.Pool)]
    public async Task A_write_is_read_back_and_lands_at_its_offset(StorageExecution execution)
    {
        await using (var device = Create("a", new StorageOptions { Execution = execution }))
        {
            var data = Pattern(3 * 512);
            await device.WriteAsync(512 * 7, data, WriteOptions.None, default);
            await device.WriteAsync(512 * 100, data, WriteOptions.ForceUnitAccess, default);
            var back = new byte[5 * 512];
            await device.ReadAsync(512 * 6, back, default);
            Assert.Equal([.. new byte[512], .. data, .. new byte[512]], back);
            await device.FlushAsync(default);
        }

        Assert.Equal(Pattern(3 * 512), File.ReadAllBytes(_directory["a"])[(512 * 7)..(512 * 10)]);
    }

    [Fact]
    public async Task A_cached_transfer_completes_on_the_callers_thread_without_an_allocation()
    {
        await using var device = Create("a");
        var buffer = new byte[4096];
        await device.WriteAsync(0, buffer, WriteOptions.None, default);
        await device.ReadAsync(0, buffer, default);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(device.WriteAsync(0, buffer, WriteOptions.None, default).IsCompletedSuccessfully);
            Assert.True(device.ReadAsync(0, buffer, default).IsCompletedSuccessfully);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Fact]
    public async Task New_files_are_sparse_and_trim_gives_space_back_and_reads_zeros()
    {
        await using var device = Create("a");
        var before = AllocatedBytes("a");
        await device.WriteAsync(1 << 20, Pattern(1 << 20), WriteOptions.None, default);
        await device.FlushAsync(default);
        Assert.True(AllocatedBytes("a") >= before + (1 << 20));
        await device.WriteZeroesAsync(1 << 20, 1 << 20, WriteOptions.MayUnmap, default);
        Assert.Equal(before, AllocatedBytes("a"));
        await AssertZeros(device, 1 << 20, 1 << 20);
    }

    [Fact]
    public async Task Zeroing_at_odd_sectors_leaves_the_neighbours()
    {
        await using var device = Create("a");
        await device.WriteAsync(0, Pattern(64 << 10), WriteOptions.None, default);
        foreach (var options in new[] { WriteOptions.MayUnmap, WriteOptions.None, WriteOptions.ForceUnitAccess })
        {
            await device.WriteAsync(0, Pattern(64 << 10), WriteOptions.None, default);
            await device.WriteZeroesAsync(512 * 3, 512 * 21, options, default);
            var back = new byte[64 << 10];
            await device.ReadAsync(0, back, default);
            var expected = Pattern(64 << 10);
            expected.AsSpan(512 * 3, 512 * 21).Clear();
            Assert.Equal(expected, back);
        }
    }

    [Fact]
    public async Task Extents_tell_data_from_holes()
    {
        await using var device = Create("a");
        await device.WriteAsync(1 << 20, Pattern(1 << 20), WriteOptions.None, default);
        Assert.Equal(new BlockExtent(1 << 20, ExtentKind.Hole), await device.FindExtentAsync(0, LengthBytes, default));
        Assert.Equal(new BlockExtent(1 << 20, ExtentKind.Data), await device.FindExtentAsync(1 << 20, LengthBytes - (1 << 20), default));
        Assert.Equal(new BlockExtent(512, ExtentKind.Data), await device.FindExtentAsync((1 << 20) + 512, 512, default));
        Assert.Equal(new BlockExtent(LengthBytes - (2 << 20), ExtentKind.Hole), await device.FindExtentAsync(2 << 20, LengthBytes - (2 << 20), default));
    }

    [Theory]
    [InlineData(-512, 512)]
    [InlineData(0, 100)]
    [InlineData(100, 512)]
    [InlineData(LengthBytes, 512)]
    [InlineData(LengthBytes - 512, 1024)]
    public async Task Ranges_out_of_the_device_or_its_sectors_are_refused(long offsetBytes, int lengthBytes)
    {
        await using var device = Create("a");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await device.ReadAsync(offsetBytes, new byte[lengthBytes], default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await device.WriteAsync(offsetBytes, new byte[lengthBytes], default, default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await device.WriteZeroesAsync(offsetBytes, lengthBytes, default, default));
    }

    [Fact]
    public async Task A_file_cut_short_under_us_is_an_error_and_not_zeros()
    {
        await using var device = Create("a");
        Command.Run("truncate", "-s", "1M", _directory["a"]);
        var error = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.ReadAsync((1 << 20) - 4096, new byte[8192], default));
        Assert.Equal(BlockDeviceFault.Truncated, error.Fault);
    }

    [Fact]
    [Rule("P-5")]
    public async Task A_file_cut_short_under_us_has_no_hole_there_and_no_write_makes_one()
    {
        // It did, with zeros where data was: a committed image with a hole, and nobody was told.
        await using var device = Create("a");
        Command.Run("truncate", "-s", "1M", _directory["a"]);
        await RefusedAsync(() => device.WriteAsync(2 << 20, new byte[4096], WriteOptions.None, default));
        await RefusedAsync(() => device.WriteAsync(0, new byte[4096], WriteOptions.ForceUnitAccess, default));
        await RefusedAsync(() => device.WriteZeroesAsync(2 << 20, 4096, WriteOptions.MayUnmap, default));
        Assert.Equal(1 << 20, new FileInfo(_directory["a"]).Length);

        // Nor is what it lost a hole.
        await RefusedAsync(async () => await device.FindExtentAsync(2 << 20, 4096, default));

        static async Task RefusedAsync(Func<ValueTask> use)
        {
            var error = await Assert.ThrowsAsync<BlockDeviceException>(async () => await use());
            Assert.Equal(BlockDeviceFault.Truncated, error.Fault);
        }
    }

    [Fact]
    public async Task The_stamp_changes_when_somebody_else_writes()
    {
        CleanCloseStamp stamp;
        await using (var device = Create("a"))
        {
            await device.WriteAsync(0, Pattern(512), WriteOptions.None, default);
            await device.FlushAsync(default);
            stamp = device.Stamp();
        }

        await using (var device = StorageFiles.Open(_directory["a"], StorageOptions.Default))
        {
            Assert.Equal(stamp, device.Stamp());
        }

        // The clock behind file times may tick as slowly as every 10 ms, so the time is set instead of waited for.
        File.SetLastWriteTimeUtc(_directory["a"], DateTime.UnixEpoch);
        await using (var device = StorageFiles.Open(_directory["a"], StorageOptions.Default))
        {
            Assert.NotEqual(stamp, device.Stamp());
        }
    }

    [SkippableFact]
    public async Task A_full_file_system_is_told_as_full_and_is_transient()
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(2 << 20);
        await using var device = StorageFiles.Create(Path.Combine(small.Path, "a"), LengthBytes, StorageOptions.Default);
        var error = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.WriteAsync(0, new byte[4 << 20], default, default));
        Assert.Equal(BlockDeviceFault.Full, error.Fault);
        Assert.True(error.IsTransient);
        Assert.Contains(device.Path, error.Message);
    }

    [SkippableFact]
    public async Task Read_and_write_errors_of_the_medium_are_told()
    {
        Skip.IfNot(FailingFile.MissingReason is null, FailingFile.MissingReason);
        using var file = new FailingFile();
        await using var device = StorageFiles.Open(file.Path, StorageOptions.Default);
        file.Fail("read");
        file.Fail("write");
        var read = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.ReadAsync(0, new byte[4096], default));
        var write = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.WriteAsync(0, new byte[4096], default, default));
        Assert.Equal((BlockDeviceFault.MediumError, BlockDeviceFault.MediumError), (read.Fault, write.Fault));
    }

    [SkippableFact]
    [Rule("P-2")]
    public async Task After_a_failed_flush_every_flush_fails_until_the_device_is_opened_anew()
    {
        Skip.IfNot(FailingFile.MissingReason is null, FailingFile.MissingReason);
        using var file = new FailingFile();
        await using (var device = StorageFiles.Open(file.Path, StorageOptions.Default))
        {
            await device.WriteAsync(0, Pattern(4096), WriteOptions.None, default);
            file.Fail("flush");
            var first = await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.FlushAsync(default));
            Assert.Equal(BlockDeviceFault.FlushFailed, first.Fault);
            file.Heal("flush");
            await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.FlushAsync(default));
            await Assert.ThrowsAsync<BlockDeviceException>(async () => await device.WriteAsync(0, Pattern(4096), WriteOptions.ForceUnitAccess, default));
        }

        await using var again = StorageFiles.Open(file.Path, StorageOptions.Default);
        await again.FlushAsync(default);
    }

    private static byte[] Pattern(int lengthBytes)
    {
        var bytes = new byte[lengthBytes];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static async Task AssertZeros(IBlockDevice device, long offsetBytes, int lengthBytes)
    {
        var back = Pattern(lengthBytes);
        await device.ReadAsync(offsetBytes, back, default);
        Assert.Equal(-1, back.AsSpan().IndexOfAnyExcept((byte)0));
    }

    private FileBlockDevice Create(string name, StorageOptions? options = null) =>
        StorageFiles.Create(_directory[name], LengthBytes, options ?? StorageOptions.Default);

    private long AllocatedBytes(string name) => long.Parse(Command.Run("stat", "-c", "%b", _directory[name])) * 512;
}

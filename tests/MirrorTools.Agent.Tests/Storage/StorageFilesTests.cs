using MirrorTools.Agent.Storage;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Storage;

public sealed class StorageFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_second_opener_is_refused_while_plain_readers_are_not()
    {
        await using var device = StorageFiles.Create(_directory["a"], 1 << 20, StorageOptions.Default);
        Assert.Equal(StorageOpenFault.InUse, OpenFault(_directory["a"]));
        Assert.Equal(StorageOpenFault.InUse, OpenFault(_directory["a"], StorageAccess.ReadOnly));
        Command.Run("cmp", _directory["a"], _directory["a"]);
    }

    [SkippableFact]
    public async Task QEMU_is_refused_as_a_second_writer()
    {
        Skip.IfNot(Command.Exists("qemu-io"), "needs qemu-io");
        await using var device = StorageFiles.Create(_directory["a"], 1 << 20, StorageOptions.Default);
        var (exitCode, output) = Command.TryRun("qemu-io", "-f", "raw", "-c", "write 0 4k", _directory["a"]);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("lock", output);
    }

    [Fact]
    [Rule("F-26")]
    public void Hard_and_symbolic_links_have_the_identity_of_the_file()
    {
        File.WriteAllBytes(_directory["a"], new byte[512]);
        File.WriteAllBytes(_directory["b"], new byte[512]);
        Command.Run("ln", _directory["a"], _directory["hard"]);
        File.CreateSymbolicLink(_directory["soft"], _directory["a"]);
        var identity = StorageFiles.TryIdentify(_directory["a"]);
        Assert.NotNull(identity);
        Assert.Equal(identity, StorageFiles.TryIdentify(_directory["hard"]));
        Assert.Equal(identity, StorageFiles.TryIdentify(_directory["soft"]));
        Assert.NotEqual(identity, StorageFiles.TryIdentify(_directory["b"]));
        Assert.Null(StorageFiles.TryIdentify(_directory["missing"]));
    }

    [Fact]
    public async Task The_identity_is_told_while_the_file_is_open_elsewhere()
    {
        await using var device = StorageFiles.Create(_directory["a"], 1 << 20, StorageOptions.Default);
        Assert.Equal(device.Identity, StorageFiles.TryIdentify(_directory["a"]));
    }

    [Fact]
    public void Paths_that_are_no_storage_say_so()
    {
        File.WriteAllBytes(_directory["odd"], new byte[700]);
        File.WriteAllBytes(_directory["empty"], []);
        Assert.Equal(StorageOpenFault.NotFound, OpenFault(_directory["missing"]));
        Assert.Equal(StorageOpenFault.NotFound, OpenFault(Path.Combine(_directory["odd"], "below")));
        Assert.Equal(StorageOpenFault.NotAStorage, OpenFault(_directory.Path));
        Assert.Equal(StorageOpenFault.NotAStorage, OpenFault("/dev/null"));
        Assert.Equal(StorageOpenFault.NotSectors, OpenFault(_directory["odd"]));
        Assert.Equal(StorageOpenFault.NotSectors, OpenFault(_directory["empty"]));
    }

    [Fact]
    public async Task A_file_that_became_shorter_is_refused_as_truncated()
    {
        await StorageFiles.Create(_directory["a"], 1 << 20, StorageOptions.Default).DisposeAsync();
        var error = Assert.Throws<BlockDeviceException>(
            () => StorageFiles.Open(_directory["a"], new StorageOptions { ExpectedLengthBytes = (1 << 20) + 512 }));
        Assert.Equal(BlockDeviceFault.Truncated, error.Fault);
    }

    [Fact]
    public void A_file_that_exists_is_not_made_again()
    {
        File.WriteAllText(_directory["a"], "mine");
        var error = Assert.Throws<StorageOpenException>(() => StorageFiles.Create(_directory["a"], 1 << 20, StorageOptions.Default));
        Assert.Equal(StorageOpenFault.Exists, error.Fault);
        Assert.Equal("mine", File.ReadAllText(_directory["a"]));
    }

    [Fact]
    public void A_size_above_the_file_systems_limit_is_refused_and_leaves_nothing()
    {
        var error = Assert.Throws<StorageOpenException>(() => StorageFiles.Create(_directory["a"], 1L << 62, StorageOptions.Default));
        Assert.Equal(StorageOpenFault.TooLarge, error.Fault);
        Assert.False(File.Exists(_directory["a"]));
    }

    [SkippableTheory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task A_block_device_tells_its_size_and_sectors_and_is_exclusive(int sectorBytes)
    {
        Skip.IfNot(LoopDevice.MissingReason is null, LoopDevice.MissingReason);
        using var loop = new LoopDevice(_directory["backing"], 16 << 20, sectorBytes);
        var node = _directory["node"];
        File.CreateSymbolicLink(node, loop.Path);
        await using var device = StorageFiles.Open(loop.Path, StorageOptions.Default);
        Assert.Equal(16 << 20, device.Geometry.LengthBytes);
        Assert.Equal(sectorBytes, device.Geometry.LogicalSectorBytes);
        Assert.Equal(device.Identity, StorageFiles.TryIdentify(node));
        Assert.Equal(StorageOpenFault.InUse, OpenFault(loop.Path));

        // A sector of 512 bytes in the middle of one of 4096.
        var data = Enumerable.Repeat((byte)0x5a, 512).ToArray();
        await device.WriteAsync(512 * 3, data, WriteOptions.None, default);
        await device.WriteZeroesAsync(512 * 9, 512 * 2, WriteOptions.MayUnmap, default);
        await device.WriteZeroesAsync(1 << 20, 1 << 20, WriteOptions.MayUnmap, default);
        await device.FlushAsync(default);
        var back = new byte[512 * 3];
        await device.ReadAsync(512 * 2, back, default);
        Assert.Equal([.. new byte[512], .. data, .. new byte[512]], back);
    }

    private static StorageOpenFault OpenFault(string path, StorageAccess access = StorageAccess.ReadWrite) =>
        Assert.Throws<StorageOpenException>(() => StorageFiles.Open(path, new StorageOptions { Access = access })).Fault;
}

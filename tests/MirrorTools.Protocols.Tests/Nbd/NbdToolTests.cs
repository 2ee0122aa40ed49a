using System.Text.Json;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>Real clients of other projects against real files.</summary>
public sealed class NbdToolTests : IAsyncLifetime
{
    private const long Size = 64L * 1024 * 1024;

    private readonly string _directory = Directory.CreateTempSubdirectory("mt-nbd-tools-").FullName;
    private readonly List<FileExport> _files = [];
    private NbdTestServer _server = null!;

    public async Task InitializeAsync() => _server = await NbdTestServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _files.ForEach(file => file.Dispose());
        Directory.Delete(_directory, recursive: true);
    }

    [SkippableFact]
    public async Task Qemu_io_writes_zeroes_discards_flushes_and_reads()
    {
        string uri = OfferFile("v", "v.img");
        string output = await ExternalTool.RunAsync(
            "qemu-io", "-f", "raw", "-t", "none", uri,
            "-c", "write -P 0xab 1M 2M", "-c", "write -f -P 0xcd 512 1536", "-c", "write -z 2M 64k", "-c", "write -z -u 2560k 64k", "-c", "discard 2688k 64k", "-c", "flush",
            "-c", "read -P 0xcd 512 1536", "-c", "read -P 0xab 1M 1M", "-c", "read -P 0 2M 64k", "-c", "read -P 0 2560k 64k", "-c", "read -P 0 2688k 64k",
            "-c", "read -P 0xab 2112k 448k", "-c", "aio_write -P 0x11 8M 1M", "-c", "aio_write -P 0x22 9M 1M", "-c", "aio_flush", "-c", "read -P 0x22 9M 1M");
        Assert.DoesNotContain("failed", output, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public async Task Qemu_img_converts_into_and_out_of_an_export_and_finds_them_equal()
    {
        string source = MakeRandomSparseFile("source.img");
        string uri = OfferFile("v", "v.img");
        await ExternalTool.RunAsync("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source, uri);
        await ExternalTool.RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", source, uri);
        string copy = Path.Combine(_directory, "copy.img");
        await ExternalTool.RunAsync("qemu-img", "convert", "-f", "raw", "-O", "raw", uri, copy);
        Assert.True(File.ReadAllBytes(source).AsSpan().SequenceEqual(File.ReadAllBytes(copy)));
    }

    [SkippableFact]
    public async Task Qemu_img_sees_the_holes()
    {
        string source = MakeRandomSparseFile("v.img");
        string uri = OfferFile("v", "v.img");
        string overNbd = await ExternalTool.RunAsync("qemu-img", "map", "--output=json", "-f", "raw", uri);
        long[] data = [.. JsonDocument.Parse(overNbd).RootElement.EnumerateArray()
            .Where(extent => extent.GetProperty("data").GetBoolean()).Select(extent => extent.GetProperty("start").GetInt64())];
        Assert.Equal([1 << 20, 16 << 20], data);
        Assert.True(File.Exists(source));
    }

    [SkippableFact]
    public async Task Nbdinfo_lists_and_describes()
    {
        string uri = OfferFile("first", "a.img");
        OfferFile("second", "b.img");
        string list = await ExternalTool.RunAsync("nbdinfo", "--list", "--json", _server.Uri(""));
        Assert.Equal(
            ["first", "second"],
            JsonDocument.Parse(list).RootElement.GetProperty("exports").EnumerateArray().Select(export => export.GetProperty("export-name").GetString()));

        JsonElement described = JsonDocument.Parse(await ExternalTool.RunAsync("nbdinfo", "--json", uri)).RootElement;
        Assert.True(described.GetProperty("structured").GetBoolean());
        JsonElement export = described.GetProperty("exports")[0];
        Assert.Equal(Size, export.GetProperty("export-size").GetInt64());
        Assert.Equal("a file", export.GetProperty("description").GetString());
        foreach (string can in new[] { "can_cache", "can_df", "can_flush", "can_fua", "can_multi_conn", "can_trim", "can_zero" })
        {
            Assert.True(export.GetProperty(can).GetBoolean(), can);
        }

        Assert.False(export.GetProperty("can_fast_zero").GetBoolean());
        Assert.Equal(512, export.GetProperty("block_size_minimum").GetInt32());
    }

    [SkippableFact]
    public async Task Nbdinfo_shows_the_mirrors_maps()
    {
        _server.Exports.Add(new MemoryExport("m", 1 << 20)
        {
            StatusAt = (context, at) => context == NbdMetaContexts.Copied && at is >= 65536 and < 3 * 65536 ? 1u : 0,
        });
        string copied = await ExternalTool.RunAsync("nbdinfo", "--map=mirrortools:copied", "--json", _server.Uri("m"));
        Assert.Equal(
            [(0, 65536, 0), (65536, 131072, 1), (196608, 851968, 0)],
            JsonDocument.Parse(copied).RootElement.EnumerateArray().Select(extent =>
                (extent.GetProperty("offset").GetInt32(), extent.GetProperty("length").GetInt32(), extent.GetProperty("type").GetInt32())));
        string future = await ExternalTool.RunAsync("nbdinfo", "--map=mirrortools:future", "--json", _server.Uri("m"));
        Assert.Single(JsonDocument.Parse(future).RootElement.EnumerateArray());
        await ExternalTool.RunAsync("nbdinfo", "--map", _server.Uri("m"));
    }

    [SkippableFact]
    public async Task Nbdcopy_copies_over_several_connections()
    {
        string source = MakeRandomSparseFile("source.img");
        string uri = OfferFile("v", "v.img");
        await ExternalTool.RunAsync("nbdcopy", "--flush", "--connections=4", "--requests=32", source, uri);
        string copy = Path.Combine(_directory, "copy.img");
        await ExternalTool.RunAsync("nbdcopy", "--connections=4", uri, copy);
        Assert.True(File.ReadAllBytes(source).AsSpan().SequenceEqual(File.ReadAllBytes(copy)));
    }

    [SkippableTheory]
    [InlineData("randwrite", "4k", 32)]
    [InlineData("randwrite", "64k", 16)]
    [InlineData("write", "1m", 8)]
    [InlineData("randrw", "512", 64)]
    public async Task Fio_verifies_what_it_wrote(string pattern, string block, int depth)
    {
        string engines = await ExternalTool.RunAsync("fio", "--enghelp");
        Skip.IfNot(engines.Contains("nbd", StringComparison.Ordinal), "fio has no nbd engine.");
        string uri = OfferFile("v", "v.img");
        await ExternalTool.RunAsync(
            "fio", "--name=verify", "--ioengine=nbd", $"--uri={uri}", $"--rw={pattern}", $"--bs={block}", $"--iodepth={depth}", "--size=16m", "--fsync=64",
            "--verify=crc32c", "--do_verify=1", "--verify_fatal=1", "--randseed=1", "--allow_file_create=0", $"--aux-path={_directory}");
    }

    private string OfferFile(string name, string fileName)
    {
        var export = new FileExport(name, Path.Combine(_directory, fileName), Size);
        _files.Add(export);
        _server.Exports.Add(export);
        return _server.Uri(name);
    }

    private string MakeRandomSparseFile(string fileName)
    {
        string path = Path.Combine(_directory, fileName);
        using FileStream file = File.Create(path);
        file.SetLength(Size);
        byte[] data = new byte[1 << 20];
        new Random(3).NextBytes(data);
        foreach (int megabyte in new[] { 1, 16 })
        {
            file.Position = (long)megabyte << 20;
            file.Write(data);
        }

        return path;
    }
}

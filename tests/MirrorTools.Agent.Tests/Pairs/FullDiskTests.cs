using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A file system under one of a pair's files is full: the pair is suspended and says which and why, hosts go on, and a resume goes on once there is room.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const long VolumeBytes = 8 << 20;
    private TwoAgents _agents = null!;

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [SkippableTheory]
    [InlineData("B", "FirstIntermediateFailed")]
    [InlineData("C", "SecondIntermediateFailed")]
    [InlineData("D", "TargetFailed")]
    [Rule("F-22")]
    [Rule("P-7")]
    [Rule("P-8")]
    public async Task A_full_disk_suspends_the_pair_and_says_so_and_a_resume_goes_on_with_room(string storage, string part)
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(1 << 20);
        await _agents.One.Client.Pairs.CreateAsync(Request(storage, Path.Combine(small.Path, "x")), default);
        await _agents.CycleAsync();
        await WriteAsync(0, 4 << 20, 1);
        await _agents.One.Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.Suspended));

        var pair = await _agents.One.Client.Pairs.GetAsync("p", default);
        Assert.Equal(ErrorIds.DiskFull, pair.StateErrorId);
        Assert.Contains(small.Path, pair.StateReason);
        Assert.Contains("room", pair.RecommendedAction);
        Assert.Contains("Resume-MirrorPair", pair.RecommendedAction);
        await _agents.WaitForEventAsync(_agents.One, "StorageFull");
        var told = (await _agents.One.Client.Events.ListAsync(0, 1000, default)).Items.First(item => item.Name == "StorageFull");
        Assert.Contains(part, told.Message);

        // Neither agent's restart makes a broken storage of it.
        await _agents.One.DisposeAsync();
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        await _agents.StartOneAsync();
        pair = await _agents.One.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Suspended), ErrorIds.DiskFull), (pair.State, pair.StateErrorId));
        Assert.Contains(small.Path, pair.StateReason);
        Assert.Contains("room", pair.RecommendedAction);

        await WriteAsync(4 << 20, 1 << 20, 2);
        Command.Run("mount", "-o", $"remount,size={4 * VolumeBytes}", small.Path);
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        foreach (var (megabyte, value) in new[] { (0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (5, 0) })
        {
            var image = await _agents.Two.Client.Volumes.ReadAsync("p", megabyte << 20, 1 << 20, default);
            Assert.True(image.AsSpan().IndexOfAnyExcept((byte)value) < 0, $"Megabyte {megabyte} is not what the host wrote.");
        }

        Assert.Null((await _agents.One.Client.Pairs.GetAsync("p", default)).StateErrorId);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [Rule("P-7")]
    public async Task A_pair_whose_metadata_finds_no_room_is_not_made_and_leaves_no_pair(int site)
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(64 << 10);
        var request = _agents.Request(VolumeBytes);
        request.MetadataPath = site == 1 ? small.Path : null;
        request.TargetMetadataPath = site == 2 ? small.Path : null;
        var error = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Pairs.CreateAsync(request, default));
        Assert.Equal(ErrorIds.DiskFull, error.Error.ErrorId);
        Assert.Contains(small.Path, error.Error.Message);
        Assert.Empty(Directory.GetFiles(small.Path));
        Assert.Empty(await _agents.One.Client.Pairs.ListAsync(default));
        Assert.Empty(await _agents.Two.Client.Pairs.ListAsync(default));
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [Rule("P-8")]
    public async Task A_file_system_that_fills_up_under_the_metadata_of_a_running_pair_is_not_noticed(int site)
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(2 << 20);
        var request = _agents.Request(VolumeBytes);
        request.GrainSizeBytes = 4096;
        request.MetadataPath = site == 1 ? small.Path : null;
        request.TargetMetadataPath = site == 2 ? small.Path : null;
        await _agents.One.Client.Pairs.CreateAsync(request, default);
        Command.TryRun("dd", "if=/dev/zero", $"of={Path.Combine(small.Path, "filler")}", "bs=4k");
        Assert.Equal("0", Command.Run("df", "--output=avail", small.Path).Split('\n')[1].Trim());

        for (byte round = 1; round < 4; round++)
        {
            await WriteAsync(0, 4 << 20, round);
            Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
            await _agents.One.DisposeAsync();
            await _agents.Two.DisposeAsync();
            await _agents.StartTwoAsync();
            await _agents.StartOneAsync();
            await Eventually.TrueAsync(async () => (await _agents.One.Client.Pairs.GetAsync("p", default)).LinkState == "Connected", "the pair is connected");
        }

        foreach (var agent in new[] { _agents.One, _agents.Two })
        {
            var events = (await agent.Client.Events.ListAsync(0, 1000, default)).Items;
            Assert.DoesNotContain(events, item => item.Name is "StorageFull" or "MetadataFailed" or "RegionLogPlaceFailed" or "PairSuspendedByFault");
        }
    }

    [Fact]
    [Rule("P-8")]
    public async Task Metadata_of_an_earlier_version_get_their_space_when_they_are_opened()
    {
        await _agents.CreateAsync();
        await _agents.Two.DisposeAsync();
        var metadata = _agents.At(2, "p.target.mirror");
        Command.Run("fallocate", "--dig-holes", metadata);
        var length = new FileInfo(metadata).Length;
        Assert.True(Allocated(metadata) < length);
        await _agents.StartTwoAsync();
        Assert.True(Allocated(metadata) >= length);
    }

    [SkippableFact]
    [Rule("P-7")]
    [Rule("P-8")]
    public async Task A_log_that_has_room_in_neither_place_fails_cold_writes_alone_and_a_resume_uses_both_again()
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(12 << 20);
        var request = _agents.Request(VolumeBytes);
        request.Source = Path.Combine(small.Path, "a.img");
        (request.FirstIntermediate, request.MetadataPath) = (_agents.At(1, "b.img"), small.Path);
        await _agents.One.Client.Pairs.CreateAsync(request, default);
        await WriteAsync(0, 4 << 20, 1);
        await WriteAsync(4 << 20, 4 << 20, 1);
        await _agents.CycleAsync();
        Assert.Equal(0, await _agents.One.TerminateAsync());
        await _agents.One.DisposeAsync();

        // As an earlier version made them, on a disk that filled up since.
        Command.Run("fallocate", "--dig-holes", Path.Combine(small.Path, "p.source.mirror"));
        Command.Run("fallocate", "--dig-holes", Path.Combine(small.Path, "p.source.regions"));
        var filler = Path.Combine(small.Path, "filler");
        Command.TryRun("dd", "if=/dev/zero", $"of={filler}", "bs=4k");
        await _agents.StartOneAsync();
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.Suspended));
        var pair = await _agents.One.Client.Pairs.GetAsync("p", default);
        Assert.Equal(ErrorIds.DiskFull, pair.StateErrorId);
        Assert.Contains("neither", pair.StateReason);
        Assert.Contains("room", pair.RecommendedAction);
        await Assert.ThrowsAsync<MirrorApiException>(() => WriteAsync(0, 65536, 2));
        Assert.Equal(1, (await _agents.One.Client.Volumes.ReadAsync("p", 0, 512, default))[0]);

        File.Delete(filler);
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
        await WriteAsync(0, 65536, 2);
        await Eventually.TrueAsync(async () => (await _agents.One.Client.Pairs.GetAsync("p", default)).LinkState == "Connected", "the pair is connected");
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        Assert.Equal(2, (await _agents.Two.Client.Volumes.ReadAsync("p", 0, 512, default))[0]);
    }

    private static long Allocated(string path) => 512 * long.Parse(Command.Run("stat", "-c", "%b", path).Trim());

    private NewPairRequest Request(string storage, string path)
    {
        var request = _agents.Request(VolumeBytes);
        (request.FirstIntermediate, request.SecondIntermediate) = (_agents.At(1, "b.img"), _agents.At(2, "c.img"));
        request.TargetMetadataPath = Path.GetDirectoryName(_agents.Target);
        switch (storage)
        {
            case "B":
                request.FirstIntermediate = path;
                break;
            case "C":
                request.SecondIntermediate = path;
                break;
            default:
                request.Target = path;
                break;
        }

        return request;
    }

    private Task WriteAsync(long offset, int length, byte value) => _agents.WriteAsync(_agents.One, offset, value, length);
}

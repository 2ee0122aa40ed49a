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

using MirrorTools.Agent.Tests.Disasters;
using MirrorTools.Agent.Tests.Groups;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Points;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>Recovery to points before the last committed one, and points by name, between real agents .</summary>
public sealed class OlderPointRecoveryTests : IAsyncLifetime
{
    private const int Grain = 65536;
    private const int Grains = 16;
    private readonly Dictionary<string, byte[]> _volumes = [];
    private readonly Dictionary<(string Pair, long Point), byte[]> _points = [];
    private TwoAgents _agents = null!;
    private byte _value;

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Fact]
    [Rule("A-10")]
    [Rule("P-1")]
    [Rule("P-5")]
    public async Task A_pair_comes_back_at_a_named_point_through_kills_and_everything_since_goes_the_way_back()
    {
        await CreateAsync("p");
        var first = await CommitAsync("p");
        var named = await TakeAsync("before-update");
        var taken = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Points.NewAsync("p", new NewPointRequest { Name = "Before-Update" }, default));
        Assert.Equal(ErrorIds.PointNameExists, taken.Error.ErrorId);
        var number = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Points.NewAsync("p", new NewPointRequest { Name = "123" }, default));
        Assert.Equal(ErrorIds.InvalidArgument, number.Error.ErrorId);
        List<long> later = [await CommitAsync("p"), await CommitAsync("p"), await CommitAsync("p")];
        Assert.Equal([later[2], later[1], later[0], named], (await _agents.Two.Client.Points.ListAsync("p", default)).Select(point => point.Number));
        Assert.Equal("before-update", (await _agents.Two.Client.Points.ListAsync("p", default))[^1].Name);
        await RefusedAsync(later[2], ErrorIds.PointIsLatest);
        await RefusedAsync(first, ErrorIds.PointNotFound);
        Assert.Equal(later[1], (await _agents.Two.Client.Points.RemoveAsync("p", later[1], default)).Number);
        await _agents.WaitForEventAsync(_agents.Two, "PointRemoved");
        await _agents.WaitForEventAsync(_agents.Two, "PointNamed");

        await _agents.One.KillAsync();
        await _agents.Two.KillAsync();
        await RestartTwoAsync();
        var plan = await _agents.Two.Client.Recovery.PlanAsync("p", new RecoveryRequest { Point = named }, default);
        Assert.Equal((named, 2), (plan.Point, plan.PointsLost));
        Assert.True(plan.DataLossMs > (await _agents.Two.Client.Recovery.PlanAsync("p", new RecoveryRequest(), default)).DataLossMs);
        Assert.InRange(plan.BytesToMove, Grain, Grains * Grain);
        var missing = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Point = later[1] }, default));
        Assert.Equal(ErrorIds.PointNotFound, missing.Error.ErrorId);
        var result = await _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Point = named }, default);
        Assert.Equal((named, plan.BytesToMove), (result.Point, result.BytesToMove));
        await _agents.Two.KillAsync();
        await RestartTwoAsync();
        await ShowsAsync("p", named);

        // The way back: what site 1 wrote since that point is given up, all of it.
        _volumes["p"] = [.. _points[("p", named)]];
        await WriteAsync(_agents.Two, "p", 3);
        await _agents.One.DisposeAsync();
        await _agents.StartOneAsync();
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.SplitBrain));
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "one" }, default);
        var back = await _agents.Two.CycleAsync("p");
        var path = _agents.At(1, "back.export");
        await _agents.One.Client.Points.ExportAsync("p", back, new ExportPointRequest { Path = path, Sparse = true }, default).ContinueWithEnd(_agents.One);
        Assert.Equal(_volumes["p"], await File.ReadAllBytesAsync(path));
    }

    [Fact]
    [Rule("A-10")]
    [Rule("P-1")]
    public async Task All_pairs_of_a_group_come_back_at_the_one_point_that_all_of_them_keep()
    {
        foreach (var name in (string[])["p", "q"])
        {
            await CreateAsync(name);
        }

        await _agents.GroupAsync("p", "q");
        List<long> points = [];
        for (var at = 0; at < 4; at++)
        {
            points.Add(await CommitAsync("p", "q"));
        }

        // Of 2, 3 and 4 the second pair does not keep 3.
        await _agents.Two.Client.Points.RemoveAsync("q", points[2], default);
        await _agents.One.KillAsync();
        var refused = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Point = points[2], Force = true }, default));
        Assert.Equal(ErrorIds.PointNotFound, refused.Error.ErrorId);
        Assert.Contains("'q'", refused.Error.Message);

        // Broken off after the first pair; the other one can go nowhere else.
        await _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Point = points[1], Force = true }, default);
        await _agents.Two.KillAsync();
        await RestartTwoAsync();
        var elsewhere = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.Two.Client.Recovery.InvokeAsync("q", new RecoveryRequest { Point = points[3], Force = true }, default));
        Assert.Equal(ErrorIds.PointNotFound, elsewhere.Error.ErrorId);
        Assert.Contains($"-ConsistencyPoint {points[1]}", elsewhere.Error.RecommendedAction);
        Assert.Equal(points[1], (await _agents.Two.Client.Recovery.InvokeAsync("q", new RecoveryRequest { Force = true }, default)).Point);
        await ShowsAsync("p", points[1]);
        await ShowsAsync("q", points[1]);
    }

    // Under a schedule without a pause a cycle runs nearly always.
    [Fact]
    [Rule("A-10")]
    public async Task A_point_is_taken_by_name_though_a_schedule_takes_others()
    {
        await CreateAsync("p", CopyService.Flashcopy);
        await _agents.One.Client.Pairs.SetScheduleAsync("p", new() { Kind = "Continuous" }, default);
        await WriteAsync(_agents.One, "p", 1);
        var cycle = await _agents.One.Client.Points.NewAsync("p", new NewPointRequest { Name = "now" }, default);
        Assert.True(cycle.Number > 0);
        await Eventually.TrueAsync(
            async () => (await _agents.Two.Client.Pairs.GetAsync("p", default)).CommittedPoint >= cycle.Number, "the named point, or one after it, is committed");
    }

    private async Task CreateAsync(string name, CopyService service = CopyService.AsyncCopy)
    {
        await _agents.One.Client.Pairs.CreateAsync(
            new NewPairRequest
            {
                Name = name, Service = service.ToString(), Source = _agents.At(1, name + ".img"), Target = _agents.At(2, name + ".img"), TargetAgent = "two",
                SizeBytes = Grains * Grain, RetainPoints = service == CopyService.AsyncCopy ? 3 : null,
            },
            default);
        _volumes[name] = new byte[Grains * Grain];
    }

    private async Task WriteAsync(AgentProcess source, string pair, int grain)
    {
        var data = Enumerable.Repeat(++_value, Grain).ToArray();
        await source.Client.Volumes.WriteAsync(pair, grain * Grain, data, 0, Grain, default);
        data.CopyTo(_volumes[pair], grain * Grain);
    }

    // Each point changes the first grain and another one.
    private async Task WriteSomeAsync(string[] pairs)
    {
        foreach (var pair in pairs)
        {
            await WriteAsync(_agents.One, pair, 0);
            await WriteAsync(_agents.One, pair, 1 + (_value % (Grains - 1)));
        }
    }

    private async Task<long> CommitAsync(params string[] pairs)
    {
        await WriteSomeAsync(pairs);
        var point = await _agents.One.CycleAsync(pairs);
        foreach (var pair in pairs)
        {
            _points[(pair, point)] = [.. _volumes[pair]];
        }

        return point;
    }

    private async Task<long> TakeAsync(string name)
    {
        await WriteSomeAsync(["p"]);
        var cycle = await _agents.One.Client.Points.NewAsync("p", new NewPointRequest { Name = name }, default);
        await Eventually.TrueAsync(async () => (await _agents.Two.Client.Pairs.GetAsync("p", default)).CommittedPoint == cycle.Number, "the point is committed");
        _points[("p", cycle.Number)] = [.. _volumes["p"]];
        return cycle.Number;
    }

    private async Task RefusedAsync(long point, string errorId) => Assert.Equal(
        errorId, (await Assert.ThrowsAsync<MirrorApiException>(() => _agents.Two.Client.Points.RemoveAsync("p", point, default))).Error.ErrorId);

    private async Task ShowsAsync(string pair, long point)
    {
        var shown = await _agents.Two.Client.Volumes.ReadAsync(pair, 0, Grains * Grain, default);
        Assert.True(_points[(pair, point)].AsSpan().SequenceEqual(shown), $"the volume of {pair} is not what it was at point {point}");
    }

    private async Task RestartTwoAsync()
    {
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        await Eventually.TrueAsync(
            async () => (await _agents.Two.Client.Pairs.ListAsync(default)).TrueForAll(pair => pair.State is nameof(PairState.Disconnected) or nameof(PairState.Recovered)), "the pairs are open");
    }
}

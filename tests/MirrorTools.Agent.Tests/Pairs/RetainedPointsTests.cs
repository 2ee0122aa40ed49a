using MirrorTools.Agent.Tests.Disasters;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Bitmaps;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Points;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A pair of asynchronous copy that keeps three committed points, between two real agents.</summary>
public sealed class RetainedPointsTests : IAsyncLifetime
{
    private const int Grain = 65536;
    private const int Length = 16 * Grain;
    private readonly byte[] _volume = new byte[Length];
    private readonly Dictionary<long, byte[]> _points = [];
    private TwoAgents _agents = null!;
    private int _written;

    public async Task InitializeAsync()
    {
        _agents = await TwoAgents.StartAsync();
        var request = _agents.Request(Length, CopyService.AsyncCopy);
        request.RetainPoints = 3;
        await _agents.One.Client.Pairs.CreateAsync(request, default);
    }

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Fact]
    [Rule("A-10")]
    [Rule("P-1")]
    [Rule("P-2")]
    public async Task The_last_three_points_are_exported_each_as_it_was_and_after_a_kill_too()
    {
        await RetainsAsync(3);
        await CommitAsync(_agents.One, 5);
        await WriteAsync(_agents.One);
        await Eventually.TrueAsync(
            async () => (await _agents.One.Client.Bitmaps.GetRangesAsync("p", GrainMap.OutOfSync, MirrorSite.Source, 0, 10, default)).SetCount == 0, "newer data are at the target");
        await ShowsAsync(_agents.Two, 3);
        Assert.Equal([_points.Keys.Max()], await NumbersAsync(_agents.One));

        await _agents.Two.KillAsync();
        await RestartTwoAsync();
        await ShowsAsync(_agents.Two, 3);
        await CommitAsync(_agents.One, 1);
        await ShowsAsync(_agents.Two, 3);

        await _agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { RetainPoints = 1 }, default);
        await RetainsAsync(1);
        await ShowsAsync(_agents.Two, 3);
        await CommitAsync(_agents.One, 1);
        await ShowsAsync(_agents.Two, 1);
    }

    [Fact]
    [Rule("A-10")]
    public async Task More_points_are_kept_from_the_next_commit_on_where_the_target_s_agent_could_be_told()
    {
        await _agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { RetainPoints = 1 }, default);
        await CommitAsync(_agents.One, 3);
        await ShowsAsync(_agents.Two, 1);
        await _agents.Two.KillAsync();
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.Disconnected));
        var away = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { RetainPoints = 2 }, default));
        Assert.Equal(ErrorIds.PeerUnreachable, away.Error.ErrorId);
        await RestartTwoAsync();
        await RetainsAsync(1);

        await _agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { RetainPoints = 2 }, default);
        await ShowsAsync(_agents.Two, 1);
        await CommitAsync(_agents.One, 1);
        await ShowsAsync(_agents.Two, 2);
        await CommitAsync(_agents.One, 1);
        await ShowsAsync(_agents.Two, 2);
    }

    [Fact]
    [Rule("A-10")]
    public async Task After_a_change_of_roles_the_other_site_retains_them()
    {
        await CommitAsync(_agents.One, 2);
        await _agents.One.DisposeAsync();
        var plan = await _agents.Two.Client.Recovery.PlanAsync("p", new RecoveryRequest { Force = true }, default);
        Assert.Contains(plan.Warnings, warning => warning.Contains($"({_points.Keys.Min()})") && warning.Contains("Export-ConsistencyPoint"));
        await _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Force = true }, default);
        await WriteAsync(_agents.Two);
        await _agents.StartOneAsync();
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.SplitBrain));
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "one" }, default);
        await CommitAsync(_agents.Two, 4);
        await ShowsAsync(_agents.One, 3);
    }

    [Fact]
    [Rule("A-10")]
    [Rule("P-5")]
    public async Task A_target_that_somebody_wrote_into_retains_none_of_the_points_before()
    {
        await CommitAsync(_agents.One, 3);
        await ShowsAsync(_agents.Two, 3);
        await StopAsync(_agents.One);
        await StopAsync(_agents.Two);
        using (var foreign = File.OpenWrite(_agents.Target))
        {
            foreign.Position = 4096;
            foreign.Write(Enumerable.Repeat((byte)0xEE, 4096).ToArray());
        }

        await _agents.StartTwoAsync();
        await _agents.WaitForEventAsync(_agents.Two, "StorageChangedOutside");
        Assert.Equal([_points.Keys.Max()], await NumbersAsync(_agents.Two));
        await _agents.StartOneAsync();
        await _agents.WaitForEventAsync(_agents.One, "Compared");
        await CommitAsync(_agents.One, 1);
        await ShowsAsync(_agents.Two, 1);
        await CommitAsync(_agents.One, 1);
        await ShowsAsync(_agents.Two, 2);
    }

    // Each writes the first grain and another one, so that the points share some grains and not others.
    private async Task WriteAsync(AgentProcess source)
    {
        var value = (byte)++_written;
        foreach (var offset in new[] { 0, value % 16 * Grain })
        {
            await _agents.WriteAsync(source, offset, value, Grain);
            _volume.AsSpan(offset, Grain).Fill(value);
        }
    }

    private async Task CommitAsync(AgentProcess source, int times)
    {
        for (var time = 0; time < times; time++)
        {
            await WriteAsync(source);
            var cycle = await _agents.CycleAsync(source);
            Assert.Equal(nameof(CycleState.Committed), cycle.State);
            _points[cycle.Number] = [.. _volume];
        }
    }

    private static async Task<long[]> NumbersAsync(AgentProcess agent) => [.. (await agent.Client.Points.ListAsync("p", default)).Select(point => point.Number)];

    // The last points and no others, newest first, and each as the source was.
    private async Task ShowsAsync(AgentProcess target, int count)
    {
        var expected = _points.Keys.OrderDescending().ToList();
        var points = await target.Client.Points.ListAsync("p", default);
        Assert.Equal(expected.Take(count), points.Select(point => point.Number));
        Assert.Equal(expected.Take(1), points.Where(point => point.Latest).Select(point => point.Number));
        Assert.All(points, point => Assert.True(point.Retained));
        foreach (var point in points)
        {
            var path = _agents.At(2, $"{point.Number}.export");
            await target.Client.Points.ExportAsync("p", point.Number, new ExportPointRequest { Path = path, Overwrite = true, Sparse = true }, default).ContinueWithEnd(target);
            var exported = await File.ReadAllBytesAsync(path);
            Assert.True(_points[point.Number].AsSpan().SequenceEqual(exported), $"point {point.Number} is not as it was");
        }

        foreach (var number in expected.Skip(count))
        {
            var request = new ExportPointRequest { Path = _agents.At(2, "none.export"), Sparse = true };
            var refused = await Assert.ThrowsAsync<MirrorApiException>(() => target.Client.Points.ExportAsync("p", number, request, default));
            Assert.Equal(ErrorIds.PointNotFound, refused.Error.ErrorId);
            Assert.Contains("Get-ConsistencyPoint", refused.Error.RecommendedAction);
        }
    }

    private async Task RetainsAsync(int points)
    {
        foreach (var agent in new[] { _agents.One, _agents.Two })
        {
            Assert.Equal(points, (await agent.Client.Pairs.GetAsync("p", default)).RetainPoints);
        }
    }

    private async Task RestartTwoAsync()
    {
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        await _agents.WaitForStateAsync(_agents.Two, nameof(PairState.Idle));
    }

    private static async Task StopAsync(AgentProcess agent)
    {
        Assert.Equal(0, await agent.TerminateAsync());
        await agent.DisposeAsync();
    }
}

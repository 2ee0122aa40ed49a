using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>Two agents on one machine, where the target is the source by another name: neither can see it by itself.</summary>
public sealed class SameMachineTests : IAsyncLifetime
{
    private TwoAgents _agents = null!;

    public async Task InitializeAsync()
    {
        _agents = await TwoAgents.StartAsync();
        File.WriteAllBytes(_agents.Source, [.. Enumerable.Repeat((byte)7, 1 << 20)]);
    }

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Theory]
    [Rule("F-26")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_target_that_is_the_source_by_a_link_is_refused_and_nothing_is_left(bool isSymbolic)
    {
        if (isSymbolic)
        {
            File.CreateSymbolicLink(_agents.Target, _agents.Source);
        }
        else
        {
            Command.Run("ln", _agents.Source, _agents.Target);
        }

        var error = await RefusedAsync(ErrorIds.StorageInUse, Request());
        Assert.Contains("'two'", error.Message);
        Assert.Contains("is the same file as", error.Message);
        Assert.All(File.ReadAllBytes(_agents.Source), value => Assert.Equal(7, value));

        // Nothing stays in the way of the pair as it was meant.
        File.Delete(_agents.Target);
        Assert.Equal(nameof(PairState.Idle), (await _agents.One.Client.Pairs.CreateAsync(Request(), default)).State);
    }

    [Fact]
    [Rule("F-26")]
    public async Task A_second_intermediate_that_is_the_first_one_is_refused_and_nothing_is_left()
    {
        var request = Request();
        request.FirstIntermediate = request.SecondIntermediate = _agents.At(1, "b.img");
        Assert.Contains("is the same file as", (await RefusedAsync(ErrorIds.StorageInUse, request)).Message);
    }

    [Fact]
    public async Task What_the_targets_agent_refuses_is_told_with_its_name()
    {
        var request = Request();
        request.Target = _agents.At(2, Path.Combine("no", "d.img"));
        var error = await RefusedAsync(ErrorIds.PathNotFound, request);
        Assert.Contains("The target's agent 'two'", error.Message);
        Assert.Contains(request.Target, error.Message);
    }

    private NewPairRequest Request() => new() { Name = "p", Source = _agents.Source, Target = _agents.Target, TargetAgent = "two" };

    private async Task<ErrorBody> RefusedAsync(string errorId, NewPairRequest request)
    {
        var before = Files();
        var error = (await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Pairs.CreateAsync(request, default))).Error;
        Assert.Equal(errorId, error.ErrorId);
        Assert.Equal(before, Files());
        return error;
    }

    private List<string> Files() => [.. Directory.GetFiles(_agents.At(1, "")).Concat(Directory.GetFiles(_agents.At(2, ""))).Order()];
}

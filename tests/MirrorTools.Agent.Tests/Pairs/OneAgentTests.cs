using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>Tests of one agent that holds both sides of its pairs, over a source <c>a</c> of 4 MiB in a directory of their own.</summary>
public abstract class OneAgentTests : IAsyncLifetime, IDisposable
{
    private protected TemporaryDirectory Files { get; } = new();

    private protected AgentProcess Agent { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Agent = await AgentProcess.StartAsync(Files["state"]);
        using var source = File.Create(Files["a"]);
        source.SetLength(4 << 20);
    }

    public async Task DisposeAsync() => await Agent.DisposeAsync();

    public void Dispose() => Files.Dispose();

    private protected async Task<string> CycleAsync()
    {
        var cycle = await Agent.Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        using var stream = await Agent.Client.Cycles.FollowAsync("p", cycle.Number, default);
        while (await stream.NextAsync(default).InTime() is { } item)
        {
            cycle = item;
        }

        return cycle.State;
    }

    private protected Task WriteAsync(long offset, int length, byte value) =>
        Agent.Client.Volumes.WriteAsync("p", offset, Enumerable.Repeat(value, length).ToArray(), 0, length, default);

    private protected NewPairRequest Request(string name = "p", string source = "a", string target = "d") =>
        new() { Name = name, Source = Files[source], Target = Files[target] };

    private protected static async Task<ErrorBody> ErrorAsync(string errorId, Func<Task> action)
    {
        var error = (await Assert.ThrowsAsync<MirrorApiException>(action)).Error;
        Assert.Equal(errorId, error.ErrorId);
        Assert.NotEmpty(error.RecommendedAction);
        Assert.NotEqual("NotSpecified", error.Category);
        return error;
    }
}

using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>Two agents as processes that trust each other, with a directory for each site's storages.</summary>
public sealed class TwoAgents : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private TwoAgents()
    {
        Directory.CreateDirectory(_directory["1"]);
        Directory.CreateDirectory(_directory["2"]);
    }

    /// <summary>Site 1.</summary>
    public AgentProcess One { get; private set; } = null!;

    /// <summary>Site 2.</summary>
    public AgentProcess Two { get; private set; } = null!;

    /// <summary>Where A is.</summary>
    public string Source => Path.Combine(_directory["1"], "a.img");

    /// <summary>Where D is.</summary>
    public string Target => Path.Combine(_directory["2"], "d.img");

    public static async Task<TwoAgents> StartAsync()
    {
        var agents = new TwoAgents();
        await agents.StartOneAsync();
        await agents.StartTwoAsync();
        var code = await agents.Two.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), default);
        await agents.One.Client.Trusts.JoinAsync(new JoinTrustRequest { Code = code.Code }, default);
        return agents;
    }

    public string At(int site, string name) => Path.Combine(_directory[$"{site}"], name);

    public async Task StartOneAsync() => One = await AgentProcess.StartAsync(_directory["state-1"], "--name", "one", "--listen", "127.0.0.1:0");

    public async Task StartTwoAsync() => Two = await AgentProcess.StartAsync(_directory["state-2"], "--name", "two", "--listen", $"127.0.0.1:{Port}");

    /// <summary>The request for the pair <c>p</c> from A to D.</summary>
    public NewPairRequest Request(long sizeBytes = 16 << 20, CopyService service = CopyService.Flashcopy) =>
        new() { Name = "p", Service = service.ToString(), Source = Source, Target = Target, TargetAgent = "two", SizeBytes = sizeBytes };

    public Task<PairInfo> CreateAsync(CopyService service = CopyService.Flashcopy) => One.Client.Pairs.CreateAsync(Request(service: service), default);

    /// <summary>Runs a cycle to its end.</summary>
    public async Task<CycleInfo> CycleAsync(AgentProcess? source = null)
    {
        source ??= One;
        var cycle = await source.Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        using var stream = await source.Client.Cycles.FollowAsync("p", cycle.Number, default);
        while (await stream.NextAsync(default).InTime() is { } item)
        {
            cycle = item;
        }

        return cycle;
    }

    public async Task WriteAsync(AgentProcess agent, long offset, byte value, int length = 65536)
    {
        await agent.Client.Volumes.WriteAsync("p", offset, Enumerable.Repeat(value, length).ToArray(), 0, length, default);
        await agent.Client.Volumes.FlushAsync("p", default);
    }

    public Task WaitForStateAsync(AgentProcess agent, string state) => Eventually.TrueAsync(
        async () => (await agent.Client.Pairs.GetAsync("p", default)).State == state, $"the pair is {state}");

    public async Task WaitForEventAsync(AgentProcess agent, string name) => await Eventually.TrueAsync(
        async () => (await agent.Client.Events.ListAsync(0, 1000, default)).Items.Any(item => item.Name == name), $"the event {name}");

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
        _directory.Dispose();
    }

    // Agent one finds two again after a restart only at the address it was told.
    private int Port { get; } = FreePort.Next();
}

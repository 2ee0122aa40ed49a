using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>Several agents as processes, each with a directory for its storages and an address that it keeps over a restart, and trust where a test asks for it.</summary>
internal sealed class ManyAgents : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, int> _ports = [];
    private readonly Dictionary<string, AgentProcess> _agents = [];

    /// <summary>An agent by its name.</summary>
    public AgentProcess this[string name] => _agents[name];

    /// <summary>Starts agents; each trusts each other one where so asked.</summary>
    public static async Task<ManyAgents> StartAsync(bool trusting, params string[] names)
    {
        var agents = new ManyAgents();
        foreach (var name in names)
        {
            Directory.CreateDirectory(agents._directory[$"volumes-{name}"]);
            agents._ports[name] = FreePort.Next();
            await agents.StartAsync(name);
        }

        for (var first = 0; trusting && first < names.Length; first++)
        {
            for (var second = first + 1; second < names.Length; second++)
            {
                await agents.TrustAsync(names[first], names[second]);
            }
        }

        return agents;
    }

    /// <summary>Starts an agent, anew where it was killed.</summary>
    public async Task StartAsync(string name) =>
        _agents[name] = await AgentProcess.StartAsync(_directory[$"state-{name}"], "--name", name, "--listen", $"127.0.0.1:{_ports[name]}");

    /// <summary>Lets two agents trust each other, and waits until they are connected.</summary>
    public async Task TrustAsync(string one, string two)
    {
        var code = await this[two].Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), default);
        await this[one].Client.Trusts.JoinAsync(new JoinTrustRequest { Code = code.Code }, default);
        await Eventually.TrueAsync(async () => (await this[two].Client.Trusts.ListAsync(default)).Any(peer => peer.Name == one && peer.Connected), $"{two} is connected to {one}");
    }

    /// <summary>A path of an agent's volumes.</summary>
    public string At(string agent, string name) => Path.Combine(_directory[$"volumes-{agent}"], name);

    /// <summary>Makes a pair, of 4 MiB where nothing else is asked.</summary>
    public Task<PairInfo> PairAsync(string name, string source, string target, CopyService service = CopyService.Flashcopy, long sizeBytes = 4 << 20) => this[source].Client.Pairs.CreateAsync(
        new NewPairRequest
        {
            Name = name,
            Service = service.ToString(),
            Source = At(source, name + ".a"),
            Target = At(target, name + ".d"),
            TargetAgent = target,
            SizeBytes = sizeBytes,
        },
        default);

    /// <summary>Makes the group <c>g</c>.</summary>
    public Task<GroupInfo> GroupAsync(string agent, params string[] pairs) => this[agent].Client.Groups.CreateAsync(new NewGroupRequest { Name = "g", Pairs = [.. pairs] }, default);

    /// <summary>Waits until the group is complete at an agent.</summary>
    public Task WaitForGroupAsync(string agent) => Eventually.TrueAsync(
        async () => (await this[agent].Client.Groups.GetAsync("g", default)).State == nameof(GroupState.Complete), $"the group is complete at {agent}");

    /// <summary>Writes a block of one value at the start of a pair's volume.</summary>
    public Task WriteAsync(string agent, string pair, byte value) =>
        this[agent].Client.Volumes.WriteAsync(pair, 0, [.. Enumerable.Repeat(value, GroupPairs.RecordBytes)], 0, GroupPairs.RecordBytes, default);

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents.Values)
        {
            await agent.DisposeAsync();
        }

        _directory.Dispose();
    }
}

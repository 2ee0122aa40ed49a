using MirrorTools.Agent.Tests.Pairs;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>What tests of groups do with two agents and small pairs.</summary>
internal static class GroupPairs
{
    public const int RecordBytes = 4096;

    /// <summary>Makes a pair of 4 MiB.</summary>
    public static Task<PairInfo> PairAsync(
        this TwoAgents agents, string name, string? group = null, CopyService service = CopyService.Flashcopy) => agents.One.Client.Pairs.CreateAsync(
        new NewPairRequest
        {
            Name = name,
            Service = service.ToString(),
            Source = agents.At(1, name + ".img"),
            Target = agents.At(2, name + ".img"),
            TargetAgent = "two",
            SizeBytes = 4 << 20,
            Group = group,
        },
        default);

    /// <summary>Makes a group of pairs that are there.</summary>
    public static Task<GroupInfo> GroupAsync(this TwoAgents agents, params string[] pairs) =>
        agents.One.Client.Groups.CreateAsync(new NewGroupRequest { Name = "g", Pairs = [.. pairs] }, default);

    /// <summary>Starts a cycle by one pair, and waits for the end of it on others.</summary>
    public static async Task<long> CycleAsync(this AgentProcess source, params string[] pairs)
    {
        var cycle = await source.Client.Cycles.StartAsync(pairs[0], new StartCycleRequest(), default);
        foreach (var pair in pairs)
        {
            await Eventually.TrueAsync(
                async () => (await source.Client.Cycles.GetAsync(pair, cycle.Number, default)).State == nameof(CycleState.Committed), $"point {cycle.Number} of {pair} is committed");
        }

        return cycle.Number;
    }

    /// <summary>Attaches a host.</summary>
    public static async Task<NbdClient> AttachAsync(this AgentProcess agent, string pair)
    {
        var export = await agent.Client.Volumes.MountAsync(pair, new MountRequest { Protocol = "Nbd" }, default);
        return await NbdClient.ConnectAsync(
            NbdAddress.Parse(export.SocketPath ?? export.Address ?? export.Uri), new NbdClientOptions { ExportName = export.ExportName }, CancellationToken.None);
    }
}

using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Protocols.Nbd.Client;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>Agents of a group over several of them that are killed while cycles run.</summary>
public sealed class GroupKillTests
{
    [Theory]
    [InlineData(CopyService.Flashcopy)]
    [Rule("A-8")]
    [Rule("A-14")]
    [Rule("P-8")]
    public async Task Hosts_of_the_other_agent_go_on_without_the_coordinator_and_cycles_after_its_restart(CopyService service)
    {
        await using var agents = await RunningAsync(service);
        await using var host = await agents["two"].AttachAsync("q");
        await agents["one"].KillAsync();
        await host.WriteAsync(0, new byte[GroupPairs.RecordBytes], default, CancellationToken.None).AsTask().InTime("a write while the coordinator is away");
        await Eventually.TrueAsync(
            async () => (await agents["two"].Client.Groups.GetAsync("g", default)).StateReason?.Contains("'one'", StringComparison.Ordinal) == true, "the group is incomplete for the sake of 'one'");
        await agents.StartAsync("one");
        await CyclesGoOnAsync(agents);
    }

    [Theory]
    [InlineData(CopyService.AsyncCopy)]
    [Rule("A-8")]
    [Rule("P-8")]
    public async Task Hosts_of_the_coordinator_go_on_without_another_agent_and_cycles_after_its_restart(CopyService service)
    {
        await using var agents = await RunningAsync(service);
        await using var host = await agents["one"].AttachAsync("p");
        await agents["two"].KillAsync();
        await host.WriteAsync(0, new byte[GroupPairs.RecordBytes], default, CancellationToken.None).AsTask().InTime("a write while the other agent is away");
        await Eventually.TrueAsync(
            async () => (await agents["one"].Client.Groups.GetAsync("g", default)).StateReason?.Contains("'two'", StringComparison.Ordinal) == true, "the group is incomplete for the sake of 'two'");
        await agents.StartAsync("two");
        await CyclesGoOnAsync(agents);
    }

    [Theory]
    [InlineData("three")]
    [InlineData("three", "four")]
    [Rule("A-7")]
    [Rule("A-9")]
    [Rule("F-16")]
    public async Task A_recovery_at_all_agents_of_the_copies_shows_one_point(params string[] targets)
    {
        await using var agents = await RunningAsync(CopyService.AsyncCopy, targets);
        await Task.WhenAll(agents["one"].KillAsync(), agents["two"].KillAsync());
        List<RecoveryResult> results = [];
        foreach (var (pair, target) in (IEnumerable<(string, string)>)[("q", targets[^1]), ("p", targets[0])])
        {
            var plan = await agents[target].Client.Recovery.PlanAsync(pair, new RecoveryRequest { Force = true }, default);
            Assert.Equal(targets.Length > 1, plan.Warnings.Exists(warning => warning.Contains("run Invoke-MirrorRecovery there as well", StringComparison.Ordinal)));
            results.Add(await agents[target].Client.Recovery.InvokeAsync(pair, new RecoveryRequest { Force = true }, default));
        }

        Assert.Single(results.Select(result => (result.Point, result.PointTime)).Distinct());
        Assert.All(results, result => Assert.Equal(targets.Length > 1, result.Warnings.Count == 1));
        if (targets.Length > 1)
        {
            Assert.Contains("'p' is at the agent 'three'", results[0].Warnings[0], StringComparison.Ordinal);
        }
    }

    /// <summary>The lead's copy hangs while the other one prepares; then the sources are lost, so that only the lead's copy can say what became of the point.</summary>
    [Theory]
    [InlineData(CopyService.AsyncCopy)]
    [Rule("A-7")]
    [Rule("F-9")]
    [Rule("F-16")]
    public async Task A_copy_that_has_prepared_a_point_asks_the_leads_copy_at_the_other_agent_before_it_is_recovered(CopyService service)
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three", "four");
        await agents.PairAsync("p", "one", "three", service);
        await agents.PairAsync("q", "two", "four", service, sizeBytes: 32 << 20);
        await agents.GroupAsync("one", "p", "two/q");
        await agents["one"].CycleAsync("p");
        var content = new byte[4 << 20];
        for (long offset = 0; offset < 32 << 20; offset += content.Length)
        {
            new Random((int)offset).NextBytes(content);
            await agents["two"].Client.Volumes.WriteAsync("q", offset, content, 0, content.Length, default);
        }

        var cycle = await agents["one"].Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        Command.Run("kill", "-STOP", $"{agents["three"].Id}");
        await Eventually.TrueAsync(
            async () => await agents["two"].Client.Cycles.GetAsync("q", cycle.Number, default) is { State: nameof(CycleState.Committing) } or { EndedAt: not null }, "q is prepared");
        await Task.WhenAll(agents["one"].KillAsync(), agents["two"].KillAsync());
        Command.Run("kill", "-CONT", $"{agents["three"].Id}");
        var follower = await agents["four"].Client.Recovery.InvokeAsync("q", new RecoveryRequest { Force = true }, default);
        var lead = await agents["three"].Client.Recovery.InvokeAsync("p", new RecoveryRequest { Force = true }, default);
        Assert.Equal((lead.Point, lead.PointTime), (follower.Point, follower.PointTime));
    }

    // A group of p at one and q at two, with cycles that run one after the other.
    private static async Task<ManyAgents> RunningAsync(CopyService service, params string[] targets)
    {
        targets = targets.Length == 0 ? ["three"] : targets;
        var agents = await ManyAgents.StartAsync(trusting: true, ["one", "two", .. targets]);
        try
        {
            await agents.PairAsync("p", "one", targets[0], service);
            await agents.PairAsync("q", "two", targets[^1], service);
            await agents.GroupAsync("one", "p", "two/q");
            await agents["one"].Client.Pairs.SetScheduleAsync("p", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default);
            await agents.WriteAsync("one", "p", 1);
            await agents.WriteAsync("two", "q", 1);
            foreach (var (pair, target) in (IEnumerable<(string, string)>)[("q", targets[^1]), ("p", targets[0])])
            {
                await Eventually.TrueAsync(async () => (await agents[target].Client.Pairs.GetAsync(pair, default)).CommittedPoint > 0, $"a commit of {pair}");
            }

            return agents;
        }
        catch
        {
            await agents.DisposeAsync();
            throw;
        }
    }

    private static async Task CyclesGoOnAsync(ManyAgents agents)
    {
        var before = (await agents["three"].Client.Pairs.GetAsync("p", default)).CommittedPoint;
        await agents.WriteAsync("two", "q", 9);
        await Eventually.TrueAsync(async () => (await agents["three"].Client.Pairs.GetAsync("p", default)).CommittedPoint > before, "a commit after the restart");
    }
}

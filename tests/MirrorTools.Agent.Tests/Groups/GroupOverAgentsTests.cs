using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>Consistency groups whose sources, or whose copies, are at several agents: one point for all of them.</summary>
public sealed class GroupOverAgentsTests
{
    [Theory]
    [InlineData(CopyService.AsyncCopy)]
    [Rule("A-2")]
    [Rule("A-16")]
    [Rule("F-9")]
    public async Task Sources_at_two_agents_have_one_point_at_their_common_target(CopyService service)
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three");
        await agents.PairAsync("p", "one", "three", service);
        await agents.PairAsync("q", "two", "three", service);
        var made = await agents.GroupAsync("one", "p", "two/q");
        Assert.Equal((nameof(GroupState.Complete), null), (made.State, made.StateReason));
        Assert.Equal(["p", "two/q"], made.Pairs);
        Assert.Equal(["one", "two"], made.SourceAgents);
        Assert.Equal(["three"], made.TargetAgents);
        Assert.Equal(["one/p", "q"], (await agents["two"].Client.Groups.GetAsync("g", default)).Pairs);
        Assert.Equal(["p", "q"], (await agents["three"].Client.Groups.GetAsync("g", default)).Pairs);
        Assert.Contains("\"places\"", await File.ReadAllTextAsync(Path.Combine(agents["three"].State, "pairs.json")), StringComparison.Ordinal);

        // The run timer is the coordinator's to say.
        await agents["two"].Client.Pairs.SetAsync("q", new SetPairRequest { RunTimerMs = 9_000 }, default);
        await agents["one"].Client.Pairs.SetAsync("p", new SetPairRequest { RunTimerMs = 3_000 }, default);
        var shown = await agents["one"].Client.Groups.GetAsync("g", default);
        Assert.Equal((3_000L, nameof(IncrementState.Normal), null), (shown.RunTimerMs, shown.IncrementState, shown.NextTryAt));
        Assert.Null((await agents["two"].Client.Groups.GetAsync("g", default)).RunTimerMs);
        await agents.WriteAsync("one", "p", 7);
        await agents.WriteAsync("two", "q", 8);
        await OnePointAsync(agents, "one", "p", ("three", "p"), ("three", "q"));

        // A cycle of a pair of the other agent is the group's as well.
        await agents.WriteAsync("two", "q", 9);
        await OnePointAsync(agents, "two", "q", ("three", "p"), ("three", "q"));
    }

    [Theory]
    [InlineData(CopyService.Flashcopy)]
    [Rule("A-7")]
    [Rule("A-16")]
    [Rule("F-9")]
    public async Task Copies_at_two_agents_have_one_point(CopyService service)
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three", "four");
        await agents.PairAsync("p", "one", "three", service);
        await agents.PairAsync("q", "two", "four", service);
        await agents.PairAsync("r", "one", "four", service);
        var made = await agents.GroupAsync("one", "p", "two/q", "r");
        Assert.Equal((nameof(GroupState.Complete), null), (made.State, made.StateReason));
        Assert.Equal(["three", "four"], made.TargetAgents);
        await agents.WriteAsync("two", "q", 8);
        await OnePointAsync(agents, "one", "p", ("three", "p"), ("four", "q"), ("four", "r"));
    }

    [Fact]
    [Rule("A-8")]
    public async Task A_cycle_is_stopped_at_any_agent_with_sources_for_all_of_them()
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three");
        await agents.PairAsync("p", "one", "three");
        await agents.PairAsync("q", "two", "three", sizeBytes: 64 << 20);
        await agents.GroupAsync("one", "p", "two/q");
        var content = new byte[4 << 20];
        var random = new Random(7);
        long stopped = 0;

        // A cycle may be faster than its stop.
        await Eventually.TrueAsync(
            async () =>
            {
                for (long offset = 0; offset < 64 << 20; offset += content.Length)
                {
                    random.NextBytes(content);
                    await agents["two"].Client.Volumes.WriteAsync("q", offset, content, 0, content.Length, default);
                }

                var cycle = await agents["two"].Client.Cycles.StartAsync("q", new StartCycleRequest(), default);
                try
                {
                    await agents["two"].Client.Cycles.StopAsync("q", cycle.Number, default);
                    stopped = cycle.Number;
                }
                catch (MirrorApiException over) when (over.Error.ErrorId is ErrorIds.NoCycleRunning or ErrorIds.CycleCannotBeSuperseded)
                {
                    await Eventually.TrueAsync(async () => (await agents["two"].Client.Cycles.GetAsync("q", cycle.Number, default)).EndedAt is not null, "the cycle ends");
                }

                return stopped != 0;
            },
            "a cycle is stopped");
        foreach (var (agent, pair) in (IEnumerable<(string, string)>)[("one", "p"), ("two", "q")])
        {
            await Eventually.TrueAsync(
                async () => (await agents[agent].Client.Cycles.GetAsync(pair, stopped, default)).State == nameof(CycleState.GivenUp), $"cycle {stopped} of {pair} is given up");
        }

        await OnePointAsync(agents, "two", "q", ("three", "p"), ("three", "q"));
    }

    [Fact]
    [Rule("A-16")]
    [Rule("F-16")]
    public async Task After_a_recovery_at_two_agents_the_group_goes_on_between_them()
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three", "four");
        await agents.PairAsync("p", "one", "three");
        await agents.PairAsync("q", "two", "four");
        await agents.GroupAsync("one", "p", "two/q");
        await OnePointAsync(agents, "one", "p", ("three", "p"), ("four", "q"));
        await Task.WhenAll(agents["one"].KillAsync(), agents["two"].KillAsync());
        await agents["three"].Client.Recovery.InvokeAsync("p", new RecoveryRequest { Force = true }, default);
        Assert.Contains("'four'", (await agents["three"].Client.Groups.GetAsync("g", default)).StateReason, StringComparison.Ordinal);
        await agents["four"].Client.Recovery.InvokeAsync("q", new RecoveryRequest { Force = true }, default);
        await agents.WriteAsync("three", "p", 5);
        await agents.WriteAsync("four", "q", 6);
        foreach (var (agent, pair) in (IEnumerable<(string, string)>)[("one", "p"), ("two", "q")])
        {
            await agents.StartAsync(agent);
            await Eventually.TrueAsync(
                async () => (await agents[agent].Client.Pairs.GetAsync(pair, default)).State == nameof(PairState.SplitBrain), $"{pair} knows that it is old");
            await agents[agent].Client.Pairs.ResumeAsync(pair, new ResumePairRequest { DiscardChangesOn = agent }, default);
        }

        await agents.WaitForGroupAsync("three");
        Assert.Equal(["p", "four/q"], (await agents["three"].Client.Groups.GetAsync("g", default)).Pairs);
        await OnePointAsync(agents, "four", "q", ("one", "p"), ("two", "q"));
    }

    private static async Task OnePointAsync(ManyAgents agents, string starter, string pair, params (string Agent, string Pair)[] copies)
    {
        var point = await agents[starter].CycleAsync(pair);
        List<string?> times = [];
        foreach (var (agent, copy) in copies)
        {
            await Eventually.TrueAsync(async () => (await agents[agent].Client.Pairs.GetAsync(copy, default)).CommittedPoint == point, $"{copy} has the point {point} at {agent}");
            times.Add((await agents[agent].Client.Pairs.GetAsync(copy, default)).CommittedPointTime);
        }

        Assert.Single(times.Distinct());
    }
}

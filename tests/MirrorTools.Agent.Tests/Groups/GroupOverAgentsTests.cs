using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>Consistency groups whose sources, or whose copies, are at several agents: one point for all of them.</summary>
public sealed class GroupOverAgentsTests
{
    [Theory]
    [InlineData(CopyService.Flashcopy)]
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

        await agents.WriteAsync("one", "p", 7);
        await agents.WriteAsync("two", "q", 8);
        await OnePointAsync(agents, "one", "p", ("three", "p"), ("three", "q"));

        // A cycle of a pair of the other agent is the group's as well.
        await agents.WriteAsync("two", "q", 9);
        await OnePointAsync(agents, "two", "q", ("three", "p"), ("three", "q"));
    }

    [Theory]
    [InlineData(CopyService.Flashcopy)]
    [InlineData(CopyService.AsyncCopy)]
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

using System.Diagnostics;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>Agents that are connected and at work end within seconds of SIGTERM, whichever goes first. MIRRORTOOLS_SOAK_ROUNDS asks for more rounds than CI runs.</summary>
public sealed class CleanStopTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_connected_agent_stops_within_seconds()
    {
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("MIRRORTOOLS_SOAK_ROUNDS"), out int asked) ? asked : 3;
        await using var agents = await TwoAgents.StartAsync();
        await agents.CreateAsync();
        await agents.One.Client.Pairs.SetScheduleAsync("p", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default);
        for (int round = 0; round < rounds; round++)
        {
            await agents.WriteAsync(agents.One, 0, (byte)round, 4 << 20);
            bool isOne = round % 2 == 0;
            var stopped = Stopwatch.StartNew();
            Assert.Equal(0, await (isOne ? agents.One : agents.Two).TerminateAsync());
            Assert.True(stopped.Elapsed < Deadline, $"Round {round}: the stop took {stopped.Elapsed}.");
            await (isOne ? agents.One : agents.Two).DisposeAsync();
            await (isOne ? agents.StartOneAsync() : agents.StartTwoAsync());
            await Eventually.TrueAsync(
                async () => (await agents.One.Client.Pairs.GetAsync("p", default)).LinkState == "Connected", $"round {round}: the pair is connected again");
        }
    }
}

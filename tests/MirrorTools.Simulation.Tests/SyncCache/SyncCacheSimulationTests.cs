using MirrorTools.Simulation.Runs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Simulation.Tests.SyncCache;

public sealed class SyncCacheSimulationTests
{
    private const string Service = "SyncCache";

    [Fact]
    public void Two_runs_of_a_seed_are_the_same_run() => ServiceRuns.TwoRunsAreTheSame(Service);

    [Fact]
    public void The_plan_of_a_run_replays_the_run() => ServiceRuns.PlansReplay(Service);

    /// <summary>A rule of the engine is broken on purpose, and the checker finds it.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    [Rule("S-1")]
    [Rule("S-4")]
    [Rule("S-5")]
    [Rule("S-7")]
    [Rule("S-8")]
    [Rule("S-9")]
    public void The_checker_finds_a_rule_that_is_broken(string fault) => ServiceRuns.Finds(Service, fault);

    public static TheoryData<string> Faults() => [.. KeptPlan.NamesIn(Service, "Faults")];
}

using MirrorTools.Simulation.Runs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Simulation.Tests.AsyncCopy;

public sealed class AsyncCopySimulationTests
{
    private const string Service = "AsyncCopy";

    [Fact]
    public void Two_runs_of_a_seed_are_the_same_run() => ServiceRuns.TwoRunsAreTheSame(Service);

    [Fact]
    public void The_plan_of_a_run_replays_the_run() => ServiceRuns.PlansReplay(Service);

    [Fact]
    [Rule("P-1")]
    [Rule("P-2")]
    [Rule("A-4")]
    [Rule("A-8")]
    [Rule("A-11")]
    public void Every_promise_holds_on_every_seed()
    {
        var totals = ServiceRuns.Hold(Service, 1, 100);
        Assert.True(totals["writes"] / totals.Seeds > 300, totals.ToString());
        Assert.All((string[])["commits", "kills", "power losses", "cuts", "torn writes", "recoveries", "returns", "audits"], name => Assert.True(totals[name] > 0, name));
    }

    /// <summary>Seeds that no run before had.</summary>
    [Fact]
    [Rule("P-1")]
    [Rule("P-2")]
    public void Every_promise_holds_on_seeds_that_nobody_ran_before() => ServiceRuns.HoldFreshSeeds(Service, 100);

    /// <summary>A rule of the engine is broken on purpose, and the checker finds it.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    [Rule("A-1")]
    [Rule("A-2")]
    [Rule("A-5")]
    [Rule("A-6")]
    [Rule("A-7")]
    [Rule("A-9")]
    public void The_checker_finds_a_rule_that_is_broken(string fault) => ServiceRuns.Finds(Service, fault);

    [Fact]
    public void Every_deliberate_fault_has_a_plan_that_finds_it() => Assert.Equal(DeliberateFaults.Of(Service), KeptPlan.NamesIn(Service, "Faults"));

    public static TheoryData<string> Faults() => [.. KeptPlan.NamesIn(Service, "Faults")];
}

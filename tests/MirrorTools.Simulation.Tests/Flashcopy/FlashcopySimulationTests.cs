using MirrorTools.Simulation.Runs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Simulation.Tests.Flashcopy;

public sealed class FlashcopySimulationTests
{
    private const string Service = "Flashcopy";

    [Fact]
    public void Two_runs_of_a_seed_are_the_same_run() => ServiceRuns.TwoRunsAreTheSame(Service);

    /// <summary>What a failing seed prints is what is kept of it, so it has to take the same course.</summary>
    [Fact]
    public void The_plan_of_a_run_replays_the_run() => ServiceRuns.PlansReplay(Service);

    [Fact]
    [Rule("P-1")]
    [Rule("P-2")]
    [Rule("P-7")]
    [Rule("P-8")]
    [Rule("F-17")]
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
    [Rule("P-7")]
    [Rule("P-8")]
    public void Every_promise_holds_on_seeds_that_nobody_ran_before() => ServiceRuns.HoldFreshSeeds(Service, 100);

    /// <summary>Every case that ever failed, as an explicit plan.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_that_once_failed_holds(string name) => ServiceRuns.CaseHolds(Service, name);

    /// <summary>A rule of the engine is broken on purpose, and the checker finds it.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public void The_checker_finds_a_rule_that_is_broken(string fault) => ServiceRuns.Finds(Service, fault);

    [Fact]
    public void Every_deliberate_fault_has_a_plan_that_finds_it() => Assert.Equal(DeliberateFaults.Of(Service), KeptPlan.NamesIn(Service, "Faults"));

    public static TheoryData<string> Cases() => [.. KeptPlan.NamesIn(Service, "Cases")];

    public static TheoryData<string> Faults() => [.. KeptPlan.NamesIn(Service, "Faults")];

    [Fact]
    public void A_service_that_does_not_exist_is_refused_by_name() =>
        Assert.Contains("Flashcopy", Assert.Throws<ArgumentException>(() => Simulator.Run("Nothing", 1)).Message, StringComparison.Ordinal);
}

using System.Globalization;
using MirrorTools.Simulation.Faults;
using MirrorTools.Simulation.Runs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Simulation.Tests.Flashcopy;

public sealed class FlashcopySimulationTests
{
    [Fact]
    public void Two_runs_of_a_seed_are_the_same_run()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var first = Simulator.Run("Flashcopy", seed);
            var second = Simulator.Run("Flashcopy", seed);
            Assert.Equal(first.Hash, second.Hash);
            Assert.Equal(first.Plan.ToString(), second.Plan.ToString());
        }
    }

    /// <summary>What a failing seed prints is what is kept of it, so it has to take the same course.</summary>
    [Fact]
    public void The_plan_of_a_run_replays_the_run()
    {
        for (ulong seed = 1; seed <= 12; seed++)
        {
            var drawn = Simulator.Run("Flashcopy", seed);
            var replayed = Simulator.Run("Flashcopy", seed, new SimulationOptions { Plan = FaultPlan.Parse(drawn.Plan.ToString()) });
            Assert.Equal(drawn.Totals.ToString(), replayed.Totals.ToString());
            Assert.Equal(drawn.Plan.ToString(), replayed.Plan.ToString());
        }
    }

    [Fact]
    [Rule("P-1")]
    [Rule("P-2")]
    [Rule("P-7")]
    [Rule("P-8")]
    [Rule("F-17")]
    public void Every_promise_holds_on_every_seed()
    {
        var totals = RunSeeds(1, 100);
        Assert.True(totals["writes"] / totals.Seeds > 300, totals.ToString());
        Assert.All((string[])["commits", "kills", "power losses", "cuts", "torn writes", "recoveries", "returns", "audits"], name => Assert.True(totals[name] > 0, name));
    }

    /// <summary>Seeds that no run before had: CI gives the number, and a failure says which seed to replay.</summary>
    [Fact]
    [Rule("P-1")]
    [Rule("P-2")]
    [Rule("P-7")]
    [Rule("P-8")]
    public void Every_promise_holds_on_seeds_that_nobody_ran_before()
    {
        var given = Environment.GetEnvironmentVariable("MIRRORTOOLS_SIMULATION_SEED");
        var first = ulong.TryParse(given, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var parsed) ? parsed : 1_000_000;
        RunSeeds(first, 200);
    }

    /// <summary>Every case that ever failed, as an explicit plan.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_that_once_failed_holds(string name)
    {
        var kept = KeptPlan.Read("Cases", name);
        var report = Simulator.Run("Flashcopy", kept.Seed, new SimulationOptions { Plan = kept.Plan });
        Assert.True(report.Held, $"{name} ({kept.Reason}): {report.Failure}");
    }

    /// <summary>A rule of the engine is broken on purpose, and the checker finds it.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public void The_checker_finds_a_rule_that_is_broken(string fault)
    {
        // The plan says what goes wrong, the seed only in which order the scheduler takes what is ready: where another order is needed since the engine changed, the next seeds have it.
        var kept = KeptPlan.Read("Faults", fault);
        string? failure = null;
        Parallel.For(0, 400, (index, loop) =>
        {
            var broken = Simulator.Run("Flashcopy", kept.Seed + (ulong)index, new SimulationOptions { Plan = kept.Plan, DeliberateFault = fault });
            if (broken.Failure?.StartsWith("P-", StringComparison.Ordinal) == true)
            {
                Volatile.Write(ref failure, broken.Failure);
                loop.Stop();
            }
        });
        Assert.True(failure is not null, $"{fault} was not found: {kept.Reason}");
    }

    [Fact]
    public void Every_deliberate_fault_has_a_plan_that_finds_it() => Assert.Equal(DeliberateFaults.Names, KeptPlan.NamesIn("Faults"));

    public static TheoryData<string> Cases() => [.. KeptPlan.NamesIn("Cases")];

    public static TheoryData<string> Faults() => [.. KeptPlan.NamesIn("Faults")];

    private static SimulationTotals RunSeeds(ulong first, ulong count)
    {
        var totals = new SimulationTotals();
        var turn = new Lock();
        Parallel.For((long)0, (long)count, index =>
        {
            var seed = first + (ulong)index;
            var report = Simulator.Run("Flashcopy", seed);
            Assert.True(report.Held, $"seed {seed}: {report.Failure}\nIts plan:\n{report.Plan}");
            lock (turn)
            {
                totals.Add(report.Totals);
            }
        });
        return totals;
    }

    [Fact]
    public void A_service_that_does_not_exist_is_refused_by_name() =>
        Assert.Contains("Flashcopy", Assert.Throws<ArgumentException>(() => Simulator.Run("Nothing", 1)).Message, StringComparison.Ordinal);
}

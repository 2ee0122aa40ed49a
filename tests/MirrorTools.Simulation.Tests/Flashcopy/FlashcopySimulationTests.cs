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

    [Fact]
    [Rule("P-1")]
    [Rule("P-2")]
    [Rule("P-7")]
    [Rule("P-8")]
    [Rule("F-17")]
    public void Every_promise_holds_on_every_seed()
    {
        var totals = new SimulationTotals();
        for (ulong seed = 1; seed <= 60; seed++)
        {
            var report = Simulator.Run("Flashcopy", seed);
            Assert.True(report.Held, $"seed {seed}: {report.Failure}\nIts plan:\n{report.Plan}");
            totals.Add(report.Totals);
        }

        Assert.True(totals["writes"] / 60 > 300, totals.ToString());
        Assert.All((string[])["commits", "kills", "power losses", "cuts", "torn writes", "recoveries", "audits"], name => Assert.True(totals[name] > 0, name));
    }

    [Fact]
    public void A_service_that_does_not_exist_is_refused_by_name() =>
        Assert.Contains("Flashcopy", Assert.Throws<ArgumentException>(() => Simulator.Run("Nothing", 1)).Message, StringComparison.Ordinal);
}

using System.Globalization;
using MirrorTools.Simulation.Faults;
using MirrorTools.Simulation.Runs;
using Xunit;

namespace MirrorTools.Simulation.Tests;

/// <summary>What is asked of the simulation of every copy service.</summary>
internal static class ServiceRuns
{
    // A run waits for nothing but itself: more of them at once than there are processors take memory, and time from each other.
    private static readonly ParallelOptions s_atOnce = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    public static void TwoRunsAreTheSame(string service)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var first = Simulator.Run(service, seed);
            var second = Simulator.Run(service, seed);
            Assert.Equal(first.Hash, second.Hash);
            Assert.Equal(first.Plan.ToString(), second.Plan.ToString());
        }
    }

    public static void PlansReplay(string service)
    {
        for (ulong seed = 1; seed <= 12; seed++)
        {
            var drawn = Simulator.Run(service, seed);
            var replayed = Simulator.Run(service, seed, new SimulationOptions { Plan = FaultPlan.Parse(drawn.Plan.ToString()) });
            Assert.Equal(drawn.Totals.ToString(), replayed.Totals.ToString());
            Assert.Equal(drawn.Plan.ToString(), replayed.Plan.ToString());
        }
    }

    public static SimulationTotals Hold(string service, ulong first, ulong count)
    {
        var totals = new SimulationTotals();
        var turn = new Lock();
        Parallel.For((long)0, (long)count, s_atOnce, index =>
        {
            var seed = first + (ulong)index;
            var report = Simulator.Run(service, seed);
            Assert.True(report.Held, $"seed {seed}: {report.Failure}\nIts plan:\n{report.Plan}");
            lock (turn)
            {
                totals.Add(report.Totals);
            }
        });
        return totals;
    }

    /// <summary>Seeds that no run before had: CI gives the number, and a failure says which seed to replay.</summary>
    public static void HoldFreshSeeds(string service, ulong count)
    {
        var given = Environment.GetEnvironmentVariable("MIRRORTOOLS_SIMULATION_SEED");
        var first = ulong.TryParse(given, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var parsed) ? parsed : 1_000_000;
        Hold(service, first, count);
    }

    public static void Finds(string service, string fault)
    {
        // The plan says what goes wrong, the seed only in which order the scheduler takes what is ready: where another order is needed since the engine changed, the next seeds have it.
        var kept = KeptPlan.Read(service, "Faults", fault);
        string? failure = null;
        Parallel.For(0, 400, s_atOnce, (index, loop) =>
        {
            var broken = Simulator.Run(service, kept.Seed + (ulong)index, new SimulationOptions { Plan = kept.Plan, DeliberateFault = fault });
            if (broken.Failure?.StartsWith("P-", StringComparison.Ordinal) == true)
            {
                Volatile.Write(ref failure, broken.Failure);
                loop.Stop();
            }
        });
        Assert.True(failure is not null, $"{fault} was not found: {kept.Reason}");
    }

    public static void CaseHolds(string service, string name)
    {
        var kept = KeptPlan.Read(service, "Cases", name);
        var report = Simulator.Run(service, kept.Seed, new SimulationOptions { Plan = kept.Plan });
        Assert.True(report.Held, $"{name} ({kept.Reason}): {report.Failure}");
    }
}

using MirrorTools.Simulation.Faults;

namespace MirrorTools.Simulation.Runs;

/// <summary>How one run ended.</summary>
/// <param name="Service">The copy service.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Hash">The hash over every step: equal for two runs of a seed.</param>
/// <param name="Failure">What broke, for people; null where every promise held.</param>
/// <param name="Totals">What happened.</param>
/// <param name="Plan">What went wrong and what people did, as a plan that can be replayed.</param>
public sealed record SimulationReport(string Service, ulong Seed, ulong Hash, string? Failure, SimulationTotals Totals, FaultPlan Plan)
{
    /// <summary>True where every promise held.</summary>
    public bool Held => Failure is null;
}

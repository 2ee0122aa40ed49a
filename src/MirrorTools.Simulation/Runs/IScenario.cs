namespace MirrorTools.Simulation.Runs;

/// <summary>A copy service under simulation: builds the sites, lets hosts and admins work while things go wrong, and holds the promises against what it sees.</summary>
public interface IScenario
{
    /// <summary>Runs once, on the simulated world's context.</summary>
    /// <param name="run">The world.</param>
    Task RunAsync(ScenarioRun run);
}

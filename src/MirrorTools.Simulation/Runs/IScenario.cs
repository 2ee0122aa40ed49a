namespace MirrorTools.Simulation.Runs;

/// <summary>A copy service under simulation: builds the sites, lets hosts and admins work while things go wrong, and holds the promises against what it sees.</summary>
public interface IScenario
{
    /// <summary>The pairs of state and event that the service's state machines take, those of defects left out (<see cref="StateMachines.PairsOf"/>).</summary>
    IEnumerable<string> Pairs { get; }

    /// <summary>Runs once, on the simulated world's context.</summary>
    /// <param name="run">The world.</param>
    Task RunAsync(ScenarioRun run);
}

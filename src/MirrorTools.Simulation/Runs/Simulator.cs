using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Pairs;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Simulation.Sync;

namespace MirrorTools.Simulation.Runs;

/// <summary>Runs copy services through disasters.</summary>
public static class Simulator
{
    /// <summary>The services that can be simulated, by the names that cmdlets use.</summary>
    public static IReadOnlyDictionary<string, Func<IScenario>> Services { get; } =
        new Dictionary<string, Func<IScenario>>(StringComparer.OrdinalIgnoreCase)
        {
            ["Flashcopy"] = static () => new PairScenario(CopyService.Flashcopy),
            ["AsyncCopy"] = static () => new PairScenario(CopyService.AsyncCopy),
            ["Groups"] = static () => new PairScenario(null),
            ["SyncCache"] = static () => new SyncScenario(),
        };

    /// <summary>Runs one seed of a service.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="seed">What the run is a function of.</param>
    /// <param name="options">Bounds, faults and trace; defaults where null.</param>
    /// <exception cref="ArgumentException">No such service.</exception>
    public static SimulationReport Run(string service, ulong seed, SimulationOptions? options = null) =>
        Services.TryGetValue(service, out var create)
            ? Run(service, create(), seed, options ?? new SimulationOptions())
            : throw new ArgumentException($"There is no service \"{service}\" to simulate; there are {string.Join(", ", Services.Keys)}.", nameof(service));

    /// <summary>Runs one seed of a scenario.</summary>
    public static SimulationReport Run(string service, IScenario scenario, ulong seed, SimulationOptions options)
    {
        var scheduler = new SimScheduler(seed, new SimSchedulerOptions { Trace = options.Trace });
        var run = new ScenarioRun(scheduler, options);
        string? failure = null;
        try
        {
            scheduler.Run(() => scenario.RunAsync(run));
        }
        catch (SimFailureException e) when (e.Kind == SimFailureKind.PromiseBroken)
        {
            failure = $"{e.Message}\n{scheduler.Dump()}";
        }
        catch (Exception e)
        {
            // whatever ends a run is the run's outcome, with everything a person needs to see
            failure = e is SimFailureException ? $"{e.Message}\n{e.InnerException}" : $"{e}\n{scheduler.Dump()}";
        }

        run.Totals.Expect(scenario.Pairs);
        run.Totals.Seeds = 1;
        run.Totals.Steps = scheduler.Step;
        run.Totals.SimulatedTime = scheduler.Now;
        return new SimulationReport(service, seed, scheduler.Hash, failure, run.Totals, run.Plan.Done);
    }
}

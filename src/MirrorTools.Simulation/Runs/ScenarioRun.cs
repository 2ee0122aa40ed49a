using MirrorTools.Simulation.Faults;
using MirrorTools.Simulation.Links;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Runs;

/// <summary>The world of one run.</summary>
public sealed class ScenarioRun
{
    internal ScenarioRun(SimScheduler scheduler, SimulationOptions options)
    {
        Scheduler = scheduler;
        Options = options;
        Network = new SimNetwork(scheduler);
        Plan = new FaultPlanRunner(scheduler, options.Plan ?? FaultPlan.Empty);
        Random = scheduler.Random.Fork("scenario");
    }

    /// <summary>The scheduler.</summary>
    public SimScheduler Scheduler { get; }

    /// <summary>What the run is to be like.</summary>
    public SimulationOptions Options { get; }

    /// <summary>The wires.</summary>
    public SimNetwork Network { get; }

    /// <summary>Carries the plan out, and keeps what the seed draws as one.</summary>
    public FaultPlanRunner Plan { get; }

    /// <summary>What happened.</summary>
    public SimulationTotals Totals { get; } = new();

    /// <summary>The scenario's own generator.</summary>
    public SimRandom Random { get; }

    /// <summary>The world's clock.</summary>
    public TimeProvider Time => Scheduler.World.Time;

    /// <summary>Ends the run: a promise does not hold.</summary>
    /// <param name="promise">Its id, such as <c>P-1</c>.</param>
    /// <param name="what">What was seen.</param>
    public static SimFailureException Broken(string promise, string what) => new(SimFailureKind.PromiseBroken, $"{promise} is broken: {what}");

    /// <summary>Runs flows side by side to their ends; the first that fails fails the run at once, not when it is awaited.</summary>
    public async Task TogetherAsync(IEnumerable<Func<Task>> flows)
    {
        var ends = new List<Task>();
        foreach (var flow in flows)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ends.Add(end.Task);
            Scheduler.World.Start(async () =>
            {
                await flow();
                end.SetResult();
            });
        }

        foreach (var end in ends)
        {
            await end;
        }
    }

    /// <summary>Looks at a condition until it holds.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="bound">How much simulated time it may take.</param>
    /// <param name="promise">The promise that says so.</param>
    /// <param name="what">What is waited for, for people.</param>
    public async Task WaitUntilAsync(Func<Task<bool>> condition, TimeSpan bound, string promise, Func<string> what)
    {
        var until = Scheduler.Now + bound;
        while (!await condition())
        {
            if (Scheduler.Now > until)
            {
                throw Broken(promise, $"within {bound:c} of simulated time not: {what()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), Time);
        }
    }
}

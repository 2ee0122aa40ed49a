namespace MirrorTools.Simulation.Scheduling;

/// <summary>The bounds and habits of a simulated run.</summary>
public sealed record SimSchedulerOptions
{
    /// <summary>A run of more steps than this is taken to be stuck in a loop.</summary>
    public long MaxSteps { get; init; } = 5_000_000;

    /// <summary>A run of more simulated time than this is taken to be stuck in waiting.</summary>
    public TimeSpan MaxSimulatedTime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often a due timer runs before work that is ready.</summary>
    public double TimerRaceProbability { get; init; } = 0.1;

    /// <summary>How far the clock may jump over ready work in such a race: what a busy machine may lose, not a deadline.</summary>
    public TimeSpan TimerRaceWindow { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The instant at which every run starts.</summary>
    public DateTimeOffset Epoch { get; init; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Where every step is written as a line for people, or null.</summary>
    public TextWriter? Trace { get; init; }
}

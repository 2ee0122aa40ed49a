using MirrorTools.Simulation.Faults;

namespace MirrorTools.Simulation.Runs;

/// <summary>What a run is to be like, beside its seed.</summary>
public sealed record SimulationOptions
{
    /// <summary>How many requests the hosts make.</summary>
    public int Requests { get; init; } = 420;

    /// <summary>What goes wrong, explicitly; null lets the seed draw it.</summary>
    public FaultPlan? Plan { get; init; }

    /// <summary>The kinds of fault that the seed may draw: names of <see cref="FaultKinds"/>.</summary>
    public FaultKinds Faults { get; init; } = FaultKinds.All;

    /// <summary>The engine's deliberate fault to switch on, by its property's name; null for a run of the engine as it is.</summary>
    public string? DeliberateFault { get; init; }

    /// <summary>Where every step is written as a line for people, or null.</summary>
    public TextWriter? Trace { get; init; }
}

namespace MirrorTools.Simulation.Scheduling;

/// <summary>A run that can't go on or broke a promise.</summary>
public sealed class SimFailureException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="kind">What kind of failure it is.</param>
    /// <param name="message">What happened, with the state of the run for a person.</param>
    /// <param name="innerException">What the code under simulation threw.</param>
    public SimFailureException(SimFailureKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>What kind of failure it is.</summary>
    public SimFailureKind Kind { get; }
}

/// <summary>Why a run ended badly.</summary>
public enum SimFailureKind
{
    /// <summary>Nothing is ready and no timer is set, but the run isn't over.</summary>
    Deadlock,

    /// <summary>More steps than the bound.</summary>
    StepLimit,

    /// <summary>More simulated time than the bound.</summary>
    TimeLimit,

    /// <summary>A continuation came back from a thread that isn't the scheduler's: the run is no longer a function of its seed.</summary>
    Escaped,

    /// <summary>Code under simulation threw where nobody awaits.</summary>
    Unhandled,

    /// <summary>A promise of the product does not hold.</summary>
    PromiseBroken,
}

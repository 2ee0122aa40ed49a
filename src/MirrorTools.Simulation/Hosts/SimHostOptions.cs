namespace MirrorTools.Simulation.Hosts;

/// <summary>How a simulated host behaves.</summary>
public sealed record SimHostOptions
{
    /// <summary>How many workers there are; each waits for its own acknowledgement before it goes on, on any volume (dependent writes).</summary>
    public int Workers { get; init; } = 4;

    /// <summary>The longest pause between two requests of a worker.</summary>
    public TimeSpan ThinkTime { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest write, in sectors; most are shorter.</summary>
    public int MaxSectors { get; init; } = 64;

    /// <summary>The part of requests that flush.</summary>
    public double FlushShare { get; init; } = 0.05;

    /// <summary>The part of writes that are forced.</summary>
    public double ForcedShare { get; init; } = 0.05;

    /// <summary>The part of writes that make zeros or trim.</summary>
    public double ZeroShare { get; init; } = 0.08;

    /// <summary>The part of requests that read and compare.</summary>
    public double ReadShare { get; init; } = 0.1;

    /// <summary>The part of requests that go to a small hot area, so that grains are written again and again.</summary>
    public double HotShare { get; init; } = 0.6;

    /// <summary>The size of the hot area in sectors.</summary>
    public int HotSectors { get; init; } = 512;

    /// <summary>False where two writes in flight must never touch the same sector.</summary>
    public bool MayOverlap { get; init; } = true;
}

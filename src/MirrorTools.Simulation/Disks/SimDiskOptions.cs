namespace MirrorTools.Simulation.Disks;

/// <summary>What a simulated disk is like.</summary>
public sealed record SimDiskOptions
{
    /// <summary>The disk's size in bytes.</summary>
    public required long LengthBytes { get; init; }

    /// <summary>512 or 4096.</summary>
    public int LogicalSectorBytes { get; init; } = 512;

    /// <summary>At least the logical sector.</summary>
    public int PhysicalSectorBytes { get; init; } = 4096;

    /// <summary>The quickest request.</summary>
    public TimeSpan LeastLatency { get; init; } = TimeSpan.FromMicroseconds(20);

    /// <summary>The slowest ordinary request.</summary>
    public TimeSpan MostLatency { get; init; } = TimeSpan.FromMicroseconds(400);

    /// <summary>How often a request takes <see cref="SlowLatency"/> instead.</summary>
    public double SlowProbability { get; init; } = 0.01;

    /// <summary>What a slow request takes.</summary>
    public TimeSpan SlowLatency { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>What a flush takes at most, over an ordinary request.</summary>
    public TimeSpan FlushLatency { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How often a write or read of several sectors happens in two halves at two instants.</summary>
    public double SplitProbability { get; init; } = 0.25;
}

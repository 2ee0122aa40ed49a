namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>How a pair keeps its hardening records short, and the bounds of what is under way for it (P-7).</summary>
public sealed record HardeningOptions
{
    /// <summary>The most ranges a volume may be cut into.</summary>
    public const int MaximumRangeCount = 4096;

    /// <summary>How it is found out that an old map may be cleared; the same on both nodes (S-7).</summary>
    public HardeningMethod Method { get; init; }

    /// <summary>How many ranges the volume is cut into; 1 to <see cref="MaximumRangeCount"/>, the same on both nodes (S-2).</summary>
    public int RangeCount { get; init; } = 16;

    /// <summary>How long a mark in a range waits for the next scan of it.</summary>
    public TimeSpan ScanInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many grains marked in a range since its last scan start the next one at once. A grain that is written again counts again where there are no mirrors.</summary>
    public long ThresholdGrains { get; init; } = 4096;

    /// <summary>How many ranges are scanned at a time.</summary>
    public int MaximumScans { get; init; } = 2;

    /// <summary>Counter method: how long a scan leaves it to the background hardening before it hardens what is left of its old map (P-7).</summary>
    public TimeSpan HelpAfter { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a scan may stay in one state before that is shown (P-7).</summary>
    public TimeSpan ShowAfter { get; init; } = TimeSpan.FromSeconds(60);
}

namespace MirrorTools.Engine.Caching;

/// <summary>What a throttle knows of the cache of one node.</summary>
internal sealed class ThrottledNode
{
    /// <summary>From 0, at the target or below it, to 1, at the limit.</summary>
    public double Pressure { get; private set; }

    /// <summary>What may still be admitted, in bytes, until the node hardens more. A write that is larger than this makes it negative.</summary>
    public double AllowanceBytes { get; private set; }

    /// <summary>True where a write may be admitted now.</summary>
    public bool Admits => Pressure <= 0 || AllowanceBytes > 0;

    // The part of the way to the limit that is kept for what was admitted and is not put yet.
    private const double Reserve = 1.0 / 8;

    private long _hardenedBytes;

    /// <summary>The node says how it stands.</summary>
    /// <param name="pressure">From 0 to 1.</param>
    /// <param name="hardenedBytes">What it has hardened so far; less than before where it began anew.</param>
    /// <param name="mostBytes">The most that may be saved up.</param>
    public void Report(double pressure, long hardenedBytes, double mostBytes)
    {
        long gainedBytes = Math.Max(0, hardenedBytes - _hardenedBytes);
        _hardenedBytes = hardenedBytes;
        double before = Pressure;
        Pressure = double.IsNaN(pressure) ? 1 : Math.Clamp(pressure, 0, 1);

        // Each byte that is admitted takes as many hardened ones as the pressure says under which they were hardened: what a flush has freed counts only after it. What is saved up
        // below the target softens the beginning.
        double share = Math.Min(1, Math.Max(before, Pressure) / (1 - Reserve));
        AllowanceBytes = Pressure <= 0 ? mostBytes : Math.Min(mostBytes, AllowanceBytes + (gainedBytes / share));
    }

    /// <summary>A write was admitted.</summary>
    public void Charge(long lengthBytes) => AllowanceBytes -= Pressure > 0 ? lengthBytes : 0;
}

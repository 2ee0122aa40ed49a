namespace MirrorTools.Simulation.Scheduling;

/// <summary>FNV-1a over 64-bit words: two runs of a seed are equal where their hashes are.</summary>
public static class TraceHash
{
    /// <summary>The hash of nothing.</summary>
    public const ulong Initial = 14695981039346656037;

    private const ulong Prime = 1099511628211;

    /// <summary>The hash with one more value.</summary>
    public static ulong Add(ulong hash, ulong value)
    {
        // a word at a time is enough to tell two traces apart, once the high bits are folded down
        hash = (hash ^ value) * Prime;
        return hash ^ (hash >> 32);
    }
}

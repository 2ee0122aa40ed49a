namespace MirrorTools.Contracts.Pairs;

/// <summary>SyncCache: how the grains that are in caches only are hardened (S-4 to S-6).</summary>
public enum HardeningMethod
{
    /// <summary>Everything unhardened in a range, range by range.</summary>
    DestageScan,

    /// <summary>Counted mirrors of the maps tell when the old map is clear.</summary>
    Counter,

    /// <summary>Only grains marked on both nodes.</summary>
    Selective,
}

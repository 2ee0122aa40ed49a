namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>How a node finds out that nothing the other one's old map speaks of is left unhardened (S-7). A property of the pair.</summary>
public enum HardeningMethod : byte
{
    /// <summary>Everything unhardened in the range is hardened (figure 5, S-4). Needs no mirrors of the other node's maps.</summary>
    DestageScan,

    /// <summary>Marked grains are counted, up by writes and down by the background hardening, until none of the old map is left (figure 6, S-5).</summary>
    Counter,

    /// <summary>As <see cref="DestageScan"/>, but only grains that the mirror of the old map has are hardened (S-6).</summary>
    Selective,
}

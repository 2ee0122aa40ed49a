namespace MirrorTools.Engine.SyncCache;

/// <summary>The maps of a node that can be looked at.</summary>
public enum SyncMapKind
{
    /// <summary>Grains with content in this node's cache that is not hardened.</summary>
    Unhardened,

    /// <summary>Grains that another node may hold unhardened, marked since its last scan (S-2, bitmap 52).</summary>
    Current,

    /// <summary>Grains that another node may hold unhardened, and that its running scan is to harden (S-2, bitmap 50).</summary>
    Old,

    /// <summary>Grains that another node lacks, since it is left out (S-9).</summary>
    Missing,
}

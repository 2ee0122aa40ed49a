namespace MirrorTools.Contracts.Bitmaps;

/// <summary>A side of a pair.</summary>
public enum MirrorSite
{
    /// <summary>Site 1.</summary>
    Source,

    /// <summary>Site 2.</summary>
    Target,
}

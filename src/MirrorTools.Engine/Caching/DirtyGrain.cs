namespace MirrorTools.Engine.Caching;

/// <summary>A grain with unhardened pages.</summary>
internal struct DirtyGrain
{
    /// <summary>The grain's number.</summary>
    public long Grain;

    /// <summary>Its unhardened pages.</summary>
    public PageList Pages;

    /// <summary>How many of them have dirty sectors. The grain is in the age list while there are any.</summary>
    public int DirtyPages;

    /// <summary>The neighbours in the age list, or (next only) the next free node; -1 at the ends.</summary>
    public int Next;

    /// <inheritdoc cref="Next"/>
    public int Previous;

    /// <summary>When the grain came into the age list: a timestamp of the clock.</summary>
    public long DirtySince;

    /// <summary>When the grain came to its place in the age list.</summary>
    public long PlacedAt;
}

namespace MirrorTools.Engine.Journal;

/// <summary>
/// Where the pages of a map area are: groups of sixteen pages, sixteen times slot 0 and then sixteen times slot 1, so that the two slots of
/// a page are 64 KiB apart, neighbours are written together, and both slots are read together.
/// </summary>
/// <param name="Area">The area's number, stamped into its pages.</param>
/// <param name="OffsetBytes">Where the area begins.</param>
/// <param name="PageCount">How many pages it has.</param>
internal readonly record struct MapAreaLayout(byte Area, long OffsetBytes, int PageCount)
{
    public const int PagesPerGroup = 16;
    public const int GroupBytes = 2 * PagesPerGroup * BlockHeader.BlockBytes;

    /// <summary>How long the area is.</summary>
    public long LengthBytes => (long)((PageCount + PagesPerGroup - 1) / PagesPerGroup) * GroupBytes;

    /// <summary>Where a slot of a page begins.</summary>
    public long OffsetOf(int page, int slot) =>
        OffsetBytes + ((long)(page / PagesPerGroup) * GroupBytes) + ((((long)slot * PagesPerGroup) + (page % PagesPerGroup)) * BlockHeader.BlockBytes);
}

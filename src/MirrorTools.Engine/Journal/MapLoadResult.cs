namespace MirrorTools.Engine.Journal;

/// <summary>What loading a map area found.</summary>
/// <param name="LoadedPages">How many pages came from the disk; the others keep the maps' initial value.</param>
/// <param name="CorruptPages">Pages of which both slots were written and neither is valid: their bits are unknown, and left at the initial value.</param>
/// <param name="HalfPages">
/// Pages of which one slot is valid and the other is not, as a power cut during a write leaves them. The valid one counts. After a clean
/// close no write was under way: then it is decay, and the page is to be treated as unknown.
/// </param>
/// <param name="UnsettledPages">
/// Pages of which one slot is not valid and the other was never written, as a power cut during a page's first write leaves them: the
/// page is what it was before, at the initial value. After a clean close it is decay, as with <paramref name="HalfPages"/>.
/// </param>
public sealed record MapLoadResult(
    int LoadedPages,
    IReadOnlyList<int> CorruptPages,
    IReadOnlyList<int> HalfPages,
    IReadOnlyList<int> UnsettledPages)
{
    /// <summary>Pages whose bits are unknown.</summary>
    /// <param name="afterCleanClose">True where no write can have been cut: a slot that is not valid has decayed, and which one was the newer can't be told.</param>
    public IReadOnlyList<int> UnknownPages(bool afterCleanClose) => afterCleanClose ? [.. CorruptPages, .. CutPages] : CorruptPages;

    /// <summary>Pages with one slot that is not valid. They are to be written again, or after the next clean close what a cut left there would look like decay.</summary>
    public IEnumerable<int> CutPages => HalfPages.Concat(UnsettledPages);
}

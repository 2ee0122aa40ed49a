namespace MirrorTools.Engine.Maps;

/// <summary>
/// The summary level of a map: which materialised pages are known to hold no bit of one value, so that a scan for that value skips them.
/// A page goes <c>Maybe -> Counting -> None</c> by a scan that went through all of it, and back to <c>Maybe</c> by whoever puts such a bit there, after it did.
/// </summary>
/// <remarks>
/// Why this is safe without a lock: a bit that appears before the scan reads its word is seen by the scan; one that appears after finds the page in
/// <c>Counting</c> or <c>None</c> (the bit's own change is a full fence) and puts it back to <c>Maybe</c>, which the scan's last step, a compare-and-swap from
/// <c>Counting</c>, respects. Other scans skip <c>None</c> alone.
/// </remarks>
/// <param name="pageCount">How many pages the map has.</param>
internal sealed class PageCensus(int pageCount)
{
    private const byte Maybe = 0;
    private const byte Counting = 1;
    private const byte None = 2;

    private readonly byte[] _pages = new byte[pageCount];

    /// <summary>True where the page holds no bit of the value.</summary>
    public bool IsNone(int page) => Volatile.Read(ref _pages[page]) == None;

    /// <summary>To be called after a bit of the value was put into the page.</summary>
    public void Appeared(int page)
    {
        ref byte state = ref _pages[page];
        if (Volatile.Read(ref state) != Maybe)
        {
            Interlocked.Exchange(ref state, Maybe);
        }
    }

    /// <summary>Begins a scan of the whole page; false where another one is under way.</summary>
    public bool TryBegin(int page) => Interlocked.CompareExchange(ref _pages[page], Counting, Maybe) == Maybe;

    /// <summary>Ends a scan that <see cref="TryBegin"/> began.</summary>
    /// <param name="page">The page.</param>
    /// <param name="none">True where the scan found no bit of the value.</param>
    public void End(int page, bool none) => Interlocked.CompareExchange(ref _pages[page], none ? None : Maybe, Counting);

    /// <summary>Forgets a page whose content was replaced.</summary>
    public void Forget(int page) => _pages[page] = Maybe;

    /// <summary>Forgets every page.</summary>
    public void Reset() => Array.Clear(_pages);
}

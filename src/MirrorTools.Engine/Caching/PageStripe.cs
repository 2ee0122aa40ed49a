namespace MirrorTools.Engine.Caching;

/// <summary>What guards a share of the page table's buckets.</summary>
internal sealed class PageStripe
{
    /// <summary>Held while a page of the stripe's buckets is put in, changed, read or removed.</summary>
    public Lock Gate { get; } = new();

    /// <summary>How many pages were removed so far: a reader who finds it changed may have missed content that came and went.</summary>
    public long Removed { get; set; }
}

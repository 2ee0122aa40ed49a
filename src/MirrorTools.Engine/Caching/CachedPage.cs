namespace MirrorTools.Engine.Caching;

/// <summary>
/// What is known of a page of 4 KiB that the cache holds; a bit of a mask is a sector of 512 bytes. 32 bytes a page.
/// </summary>
/// <remarks>
/// A sector goes from <see cref="Dirty"/> to <see cref="Writing"/> to <see cref="IsWritten"/> to <see cref="IsFlushing"/>, and the page is hardened when none of them is left (S-7). A put
/// while the sector is on its way makes it dirty again, so that the version under way never counts for the newer one.
/// Readers on other threads look at <see cref="Page"/>, <see cref="NextInBucket"/>, <see cref="Valid"/> and <see cref="Zero"/> and touch <see cref="WasRead"/>, all under the lock
/// of the page's bucket. The rest belongs to the scheduler.
/// </remarks>
internal struct CachedPage
{
    /// <summary>The page's number: its offset in the volume divided by 4 KiB.</summary>
    public long Page;

    /// <summary>The next page in the bucket, as a slot plus 1; 0 at the end.</summary>
    public int NextInBucket;

    /// <summary>The neighbours in the list that the page is in: its grain's unhardened pages, the clean pages, or (next only) the free slots. -1 at the ends.</summary>
    public int Next;

    /// <inheritdoc cref="Next"/>
    public int Previous;

    /// <summary>Sectors whose newest content is here.</summary>
    public byte Valid;

    /// <summary>Sectors that are zeros, whatever the page's buffer holds.</summary>
    public byte Zero;

    /// <summary>Sectors that were put and not been taken for a disk write since.</summary>
    public byte Dirty;

    /// <summary>Sectors of which a copy is being written to the disk.</summary>
    public byte Writing;

    /// <summary>True where a write of sectors has completed that no flush has begun after.</summary>
    public bool IsWritten;

    /// <summary>True where a flush is under way that makes a write of sectors durable.</summary>
    public bool IsFlushing;

    /// <summary>True where zeros that are dirty must not be stored as a hole.</summary>
    public bool KeepsAllocated;

    /// <summary>True where a read found the page since it was last considered for eviction.</summary>
    public bool WasRead;

    /// <summary>True until everything that was put is written and flushed.</summary>
    public readonly bool IsUnhardened => (Dirty | Writing) != 0 || IsWritten || IsFlushing;

    /// <summary>Dirty sectors that may be taken for a disk write: no older version of them is being written, which might land later.</summary>
    public readonly byte Eligible => (byte)(Dirty & ~Writing);
}

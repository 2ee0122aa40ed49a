namespace MirrorTools.Engine.Caching;

/// <summary>Pages whose memory is taken together, on first use, and kept.</summary>
internal sealed class PageSegment
{
    /// <summary>How many pages a segment has: 1 MiB of content.</summary>
    public const int PageCount = 256;

    /// <summary>What is known of each page.</summary>
    public CachedPage[] Pages { get; } = new CachedPage[PageCount];

    /// <summary>The pages' content.</summary>
    public byte[] Content { get; } = GC.AllocateUninitializedArray<byte>(PageCount * PageTable.PageBytes, pinned: true);
}

using System.Numerics;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <summary>
/// Pages by number, in a hash table of fixed size over slots whose memory is taken as they are first used. Changed on the scheduler alone, which therefore looks things up
/// without a lock; reads of any thread go through <see cref="PageReading"/> under the lock of a stripe of buckets.
/// </summary>
internal sealed class PageTable
{
    /// <summary>The size of a page.</summary>
    public const int PageBytes = 4096;

    /// <summary>How many sectors a page has.</summary>
    public const int SectorsPerPage = PageBytes / BlockGeometry.SectorBytes;

    /// <summary>The mask of a whole page.</summary>
    public const byte AllSectors = byte.MaxValue;

    private const int MaximumStripes = 512;

    private readonly PageSegment?[] _segments;
    private readonly int[] _buckets;
    private readonly PageStripe[] _stripes;
    private readonly int _shift;
    private int _used;
    private int _firstFree = -1;

    /// <summary>Creates an empty table.</summary>
    /// <param name="capacity">How many pages it holds at most.</param>
    public PageTable(int capacity)
    {
        Capacity = capacity;
        _segments = new PageSegment?[(capacity + PageSegment.PageCount - 1) / PageSegment.PageCount];
        int bucketCount = (int)Math.Min(1 << 30, Math.Max(16, BitOperations.RoundUpToPowerOf2((uint)capacity)));
        _buckets = new int[bucketCount];
        _shift = 64 - BitOperations.Log2((uint)bucketCount);
        _stripes = new PageStripe[Math.Min(bucketCount, MaximumStripes)];
        for (int stripe = 0; stripe < _stripes.Length; stripe++)
        {
            _stripes[stripe] = new PageStripe();
        }
    }

    /// <summary>How many pages it holds at most.</summary>
    public int Capacity { get; }

    /// <summary>How many pages it holds.</summary>
    public int Count { get; private set; }

    /// <summary>The page in a slot.</summary>
    public ref CachedPage this[int slot] => ref _segments[slot / PageSegment.PageCount]!.Pages[slot % PageSegment.PageCount];

    /// <summary>The content of a slot.</summary>
    public Span<byte> Content(int slot) =>
        _segments[slot / PageSegment.PageCount]!.Content.AsSpan(slot % PageSegment.PageCount * PageBytes, PageBytes);

    /// <summary>The stripe that guards a page.</summary>
    public PageStripe StripeOf(long page) => _stripes[BucketOf(page) & (_stripes.Length - 1)];

    /// <summary>The slot of a page, or -1. On the scheduler, or under the stripe's lock.</summary>
    public int Find(long page)
    {
        int slot = _buckets[BucketOf(page)] - 1;
        while (slot >= 0)
        {
            ref CachedPage candidate = ref this[slot];
            if (candidate.Page == page)
            {
                return slot;
            }

            slot = candidate.NextInBucket - 1;
        }

        return -1;
    }

    /// <summary>Puts a page in that is not there, with no valid sector yet. Only where there is room.</summary>
    /// <returns>Its slot.</returns>
    public int Add(long page)
    {
        int slot = TakeSlot();
        ref CachedPage added = ref this[slot];
        lock (StripeOf(page).Gate)
        {
            ref int bucket = ref _buckets[BucketOf(page)];
            added = new CachedPage { Page = page, NextInBucket = bucket, Next = -1, Previous = -1 };
            bucket = slot + 1;
        }

        Count++;
        return slot;
    }

    /// <summary>Takes a page out; it is in no list any more.</summary>
    public void Remove(int slot)
    {
        ref CachedPage removed = ref this[slot];
        PageStripe stripe = StripeOf(removed.Page);
        lock (stripe.Gate)
        {
            ref int link = ref _buckets[BucketOf(removed.Page)];
            while (link - 1 != slot)
            {
                link = ref this[link - 1].NextInBucket;
            }

            link = removed.NextInBucket;
            stripe.Removed++;
        }

        Free(slot);
        Count--;
    }

    /// <summary>Takes all pages out, whatever list they are in.</summary>
    public void Clear()
    {
        for (int first = 0; first < _stripes.Length; first++)
        {
            PageStripe stripe = _stripes[first];
            lock (stripe.Gate)
            {
                for (int bucket = first; bucket < _buckets.Length; bucket += _stripes.Length)
                {
                    _buckets[bucket] = 0;
                }

                stripe.Removed++;
            }
        }

        _firstFree = -1;
        for (int slot = _used - 1; slot >= 0; slot--)
        {
            Free(slot);
        }

        Count = 0;
    }

    private int TakeSlot()
    {
        int slot = _firstFree;
        if (slot >= 0)
        {
            _firstFree = this[slot].Next;
            return slot;
        }

        slot = _used;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, Capacity);
        _segments[slot / PageSegment.PageCount] ??= new PageSegment();
        _used++;
        return slot;
    }

    private void Free(int slot)
    {
        this[slot].Next = _firstFree;
        _firstFree = slot;
    }

    // Neighbouring pages go to buckets far from each other.
    private int BucketOf(long page) => (int)(((ulong)page * 0x9E3779B97F4A7C15) >> _shift);
}

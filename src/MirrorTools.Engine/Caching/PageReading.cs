using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <summary>Reads of any thread: cached sectors over the disk's.</summary>
/// <remarks>
/// A disk read that was under way while a page was put, hardened and evicted may bring older content than the page had, or half of it. Whoever removes a page counts it in the page's
/// stripe; where no count of the range has changed, whatever the cache does not have at the end it did not have at the beginning, and the disk's content stood still meanwhile.
/// Otherwise the read is done again, in smaller parts, so that a part will not always meet an eviction.
/// </remarks>
/// <param name="pages">The pages.</param>
/// <param name="device">The disk.</param>
internal sealed class PageReading(PageTable pages, IBlockDevice device)
{
    /// <summary>Fills a buffer with content that is no older than what was put before the call, each sector whole.</summary>
    /// <param name="offsetBytes">Where in the volume; whole sectors.</param>
    /// <param name="buffer">Whole sectors.</param>
    /// <param name="cancellationToken">Ends a disk read.</param>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        Gap gap = Overlay(offsetBytes, buffer.Span);
        return gap.EndBytes == 0 ? ValueTask.CompletedTask : ReadThroughAsync(offsetBytes, buffer, gap, cancellationToken);
    }

    private async ValueTask ReadThroughAsync(long offsetBytes, Memory<byte> buffer, Gap gap, CancellationToken cancellationToken)
    {
        while (gap.EndBytes > 0)
        {
            await device.ReadAsync(offsetBytes + gap.FirstBytes, buffer[gap.FirstBytes..gap.EndBytes], cancellationToken);
            Gap after = Overlay(offsetBytes, buffer.Span);
            if (after.Removed == gap.Removed)
            {
                return;
            }

            gap = after;
            if (buffer.Length > PageTable.PageBytes)
            {
                int half = (int)(((offsetBytes + (buffer.Length / 2)) / PageTable.PageBytes * PageTable.PageBytes) - offsetBytes);
                half = half > 0 ? half : (int)(PageTable.PageBytes - (offsetBytes % PageTable.PageBytes));
                await ReadAsync(offsetBytes, buffer[..half], cancellationToken);
                await ReadAsync(offsetBytes + half, buffer[half..], cancellationToken);
                return;
            }
        }
    }

    /// <summary>Copies what is cached over the buffer and says what is not.</summary>
    private Gap Overlay(long offsetBytes, Span<byte> buffer)
    {
        int first = -1;
        int end = 0;
        long removed = 0;
        for (int at = 0; at < buffer.Length;)
        {
            int inPage = (int)((offsetBytes + at) % PageTable.PageBytes);
            int count = Math.Min(PageTable.PageBytes - inPage, buffer.Length - at);
            byte missing = OverlayPage((offsetBytes + at) / PageTable.PageBytes, inPage / BlockGeometry.SectorBytes, buffer.Slice(at, count), ref removed);
            if (missing != 0)
            {
                (int firstSector, int endSector) = SectorMask.Bounds(missing);
                first = first >= 0 ? first : at - inPage + (firstSector * BlockGeometry.SectorBytes);
                end = at - inPage + (endSector * BlockGeometry.SectorBytes);
            }

            at += count;
        }

        return new Gap(first, end, removed);
    }

    /// <summary>Copies the cached sectors of a page and returns the others.</summary>
    private byte OverlayPage(long number, int firstSector, Span<byte> buffer, ref long removed)
    {
        byte wanted = SectorMask.Of(firstSector, firstSector + (buffer.Length / BlockGeometry.SectorBytes));
        PageStripe stripe = pages.StripeOf(number);
        lock (stripe.Gate)
        {
            removed += stripe.Removed;
            int slot = pages.Find(number);
            if (slot < 0)
            {
                return wanted;
            }

            ref CachedPage page = ref pages[slot];
            page.WasRead = true;
            byte found = (byte)(wanted & page.Valid);
            byte zero = (byte)(found & page.Zero);
            ReadOnlySpan<byte> content = pages.Content(slot);
            for (byte left = (byte)(found & ~zero); left != 0;)
            {
                (int first, _) = SectorMask.Bounds(left);
                byte run = SectorMask.RunFrom(left, first);
                int lengthBytes = (SectorMask.Bounds(run).End - first) * BlockGeometry.SectorBytes;
                content.Slice(first * BlockGeometry.SectorBytes, lengthBytes).CopyTo(buffer[((first - firstSector) * BlockGeometry.SectorBytes)..]);
                left &= (byte)~run;
            }

            SectorMask.ClearZeroes(zero, firstSector, buffer);
            return (byte)(wanted & ~found);
        }
    }

    /// <summary>What the cache does not have of a range.</summary>
    /// <param name="FirstBytes">Where it begins in the range.</param>
    /// <param name="EndBytes">Where it ends; 0 where the cache has everything.</param>
    /// <param name="Removed">How many pages were ever removed from the range's stripes, each stripe counted for each of its pages.</param>
    private readonly record struct Gap(int FirstBytes, int EndBytes, long Removed);
}

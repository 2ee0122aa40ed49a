using System.Numerics;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <summary>
/// Takes dirty sectors for disk writes, as long as neighbours allow. A sector of which an older version is being written is left where it is: two writes of one sector in flight
/// could land in either order. On the scheduler.
/// </summary>
/// <param name="pages">The pages.</param>
/// <param name="dirty">The grains with unhardened pages.</param>
/// <param name="geometry">The volume's grains.</param>
internal sealed class RunPicker(PageTable pages, DirtyGrains dirty, GrainGeometry geometry)
{
    // Up to here a grain's list of pages is searched; beyond, its page numbers are looked up one after the other.
    private const int ShortList = 32;

    /// <summary>The first sector at or after <paramref name="fromSector"/>, in its own grain, that may be taken; -1 where there is none.</summary>
    /// <param name="fromSector">A sector's number: its offset in the volume divided by 512.</param>
    public long NextEligible(long fromSector)
    {
        long grain = geometry.GrainAt(fromSector * BlockGeometry.SectorBytes);
        int node = dirty.Find(grain);
        if (node < 0 || dirty[node].DirtyPages == 0)
        {
            return -1;
        }

        long found = long.MaxValue;
        if (dirty[node].Pages.Count <= ShortList)
        {
            for (int slot = dirty[node].Pages.First; slot >= 0; slot = pages[slot].Next)
            {
                found = Math.Min(found, EligibleIn(slot, fromSector));
            }

            return found == long.MaxValue ? -1 : found;
        }

        long end = (geometry.OffsetOf(grain) + geometry.LengthOf(grain, 1) + PageTable.PageBytes - 1) / PageTable.PageBytes;
        for (long page = fromSector / PageTable.SectorsPerPage; page < end && found == long.MaxValue; page++)
        {
            int slot = pages.Find(page);
            found = slot < 0 ? found : EligibleIn(slot, fromSector);
        }

        return found == long.MaxValue ? -1 : found;
    }

    /// <summary>Takes the sectors from one that may be taken on, copies them into a run and counts them as being written.</summary>
    /// <param name="run">Is filled.</param>
    /// <param name="fromSector">The first sector.</param>
    /// <param name="grains">The run stays in these grains.</param>
    /// <param name="only">The run goes on only into grains of which this is true; null where there is no such bound.</param>
    public void Take(DiskRun run, long fromSector, GrainRange grains, Func<long, bool>? only)
    {
        long page = fromSector / PageTable.SectorsPerPage;
        int slot = pages.Find(page);
        byte sectors = Piece(pages[slot], (int)(fromSector % PageTable.SectorsPerPage), out bool isZeroes);
        bool keepsAllocated = pages[slot].KeepsAllocated;
        (int first, int end) = SectorMask.Bounds(sectors);
        run.Begin((page * PageTable.PageBytes) + (first * BlockGeometry.SectorBytes), isZeroes, isZeroes && !keepsAllocated ? WriteOptions.MayUnmap : WriteOptions.None);
        long grain = geometry.GrainAt(page * PageTable.PageBytes);
        while (true)
        {
            TakePiece(run, slot, sectors, grain);
            page++;
            slot = end == PageTable.SectorsPerPage ? pages.Find(page) : -1;
            if (slot < 0 || pages[slot].Eligible == 0)
            {
                return;
            }

            long next = geometry.GrainAt(page * PageTable.PageBytes);
            if (next != grain && (next >= grains.End || only?.Invoke(next) == false))
            {
                return;
            }

            grain = next;
            sectors = Piece(pages[slot], 0, out bool continuesZeroes);
            (first, end) = SectorMask.Bounds(sectors);
            bool isAlike = continuesZeroes == isZeroes && (!isZeroes || pages[slot].KeepsAllocated == keepsAllocated);
            if (first != 0 || !isAlike || !run.HasRoomFor(end * BlockGeometry.SectorBytes))
            {
                return;
            }
        }
    }

    /// <summary>
    /// The neighbouring sectors that are written together, from the first one at or after <paramref name="from"/> that may be taken. Sectors between dirty ones, and the whole page where
    /// all of it is here, go along, so that the device need not read what it writes in parts.
    /// </summary>
    private static byte Piece(in CachedPage page, int from, out bool isZeroes)
    {
        byte eligible = page.Eligible;
        isZeroes = (eligible & ~page.Zero) == 0;
        byte usable = (byte)(page.Valid & ~page.Writing & (isZeroes ? page.Zero : PageTable.AllSectors));
        if (usable == PageTable.AllSectors)
        {
            return PageTable.AllSectors;
        }

        int first = BitOperations.TrailingZeroCount((uint)eligible >> from) + from;
        byte run = SectorMask.RunFrom(usable, first);
        return SectorMask.Of(first, SectorMask.Bounds((byte)(run & eligible)).End);
    }

    private long EligibleIn(int slot, long fromSector)
    {
        ref CachedPage page = ref pages[slot];
        long first = page.Page * PageTable.SectorsPerPage;
        int skipped = (int)Math.Clamp(fromSector - first, 0, PageTable.SectorsPerPage);
        uint eligible = (uint)page.Eligible >> skipped;
        return eligible == 0 ? long.MaxValue : first + skipped + BitOperations.TrailingZeroCount(eligible);
    }

    private void TakePiece(DiskRun run, int slot, byte sectors, long grain)
    {
        ref CachedPage page = ref pages[slot];
        run.Add(slot, sectors, page, pages.Content(slot));
        bool wasDirty = page.Dirty != 0;
        page.Dirty &= (byte)~sectors;
        page.Writing |= sectors;
        if (wasDirty && page.Dirty == 0)
        {
            dirty.Taken(dirty.Find(grain));
        }
    }
}

using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// Where the parts of a preserved area are.
/// <code>
///   0 KiB  header, copy 0             64 KiB  header, copy 1
/// 128 KiB  table: groups of sixteen blocks, sixteen times copy 0 and then sixteen times copy 1 (as the grain maps have it)
///   then   slots, a grain each
/// </code>
/// </summary>
/// <param name="GrainBytes">The size of a slot.</param>
/// <param name="SlotCount">How many slots there are.</param>
internal readonly record struct PreservedAreaLayout(int GrainBytes, long SlotCount)
{
    /// <summary>The most slots an area may have: enough for four layers of every grain of the largest volume at the smallest grain.</summary>
    public const long MaximumSlots = 1L << 36;

    public const long CopyDistanceBytes = MetadataLayout.CopyDistanceBytes;
    public const long TableOffsetBytes = 2 * CopyDistanceBytes;

    private const long SlotsPerGroup = MapAreaLayout.PagesPerGroup * PreservedTableBlock.EntriesPerBlock;

    /// <summary>The table; its pages are blocks, and their slots the copies.</summary>
    public MapAreaLayout Table => new(0, TableOffsetBytes, BlockOf(SlotCount - 1) + 1);

    /// <summary>Where the first slot begins.</summary>
    public long SlotsOffsetBytes => TableOffsetBytes + Table.LengthBytes;

    /// <summary>How long the area is.</summary>
    public long LengthBytes => OffsetOfSlot(SlotCount);

    /// <summary>The layout of an area.</summary>
    /// <exception cref="ArgumentOutOfRangeException">So many slots are not possible.</exception>
    public static PreservedAreaLayout For(GrainGeometry geometry, long slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, MaximumSlots);
        return new PreservedAreaLayout(geometry.GrainBytes, slotCount);
    }

    /// <summary>How many slots fit into a device; 0 where it is too small for any.</summary>
    public static long SlotsIn(GrainGeometry geometry, long lengthBytes)
    {
        long groupBytes = MapAreaLayout.GroupBytes + (SlotsPerGroup * geometry.GrainBytes);
        long forGroupsBytes = Math.Max(0, lengthBytes - TableOffsetBytes);
        long restBytes = (forGroupsBytes % groupBytes) - MapAreaLayout.GroupBytes;
        long slotCount = (forGroupsBytes / groupBytes * SlotsPerGroup) + Math.Max(0, restBytes / geometry.GrainBytes);
        return Math.Min(slotCount, MaximumSlots);
    }

    /// <summary>The table block that speaks of a slot.</summary>
    public static int BlockOf(long slot) => (int)(slot / PreservedTableBlock.EntriesPerBlock);

    /// <summary>The first slot that a table block speaks of.</summary>
    public static long FirstSlotOf(int block) => (long)block * PreservedTableBlock.EntriesPerBlock;

    /// <summary>Where a slot begins.</summary>
    public long OffsetOfSlot(long slot) => SlotsOffsetBytes + (slot * GrainBytes);
}

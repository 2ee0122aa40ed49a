using System.Numerics;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <summary>Arithmetic of masks with a bit for each sector of a page.</summary>
internal static class SectorMask
{
    /// <summary>The mask of the sectors from one to before another.</summary>
    public static byte Of(int first, int end) => (byte)((1 << end) - (1 << first));

    /// <summary>The first sector of a mask that is not empty, and the one after the last.</summary>
    public static (int First, int End) Bounds(byte sectors) => (BitOperations.TrailingZeroCount(sectors), 32 - BitOperations.LeadingZeroCount((uint)sectors));

    /// <summary>The unbroken run of a mask that begins with a sector, which is in it.</summary>
    public static byte RunFrom(byte sectors, int first) =>
        Of(first, Math.Min(PageTable.SectorsPerPage, first + BitOperations.TrailingZeroCount(~((uint)sectors >> first))));

    /// <summary>Clears the sectors of a buffer that are zeros.</summary>
    /// <param name="zero">Which are.</param>
    /// <param name="first">The sector that the buffer begins with.</param>
    /// <param name="buffer">Content of sectors; those of the mask that are beyond it are left out.</param>
    public static void ClearZeroes(byte zero, int first, Span<byte> buffer)
    {
        for (uint left = zero; left != 0; left &= left - 1)
        {
            int at = (BitOperations.TrailingZeroCount(left) - first) * BlockGeometry.SectorBytes;
            buffer.Slice(at, BlockGeometry.SectorBytes).Clear();
        }
    }
}

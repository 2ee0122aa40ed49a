namespace MirrorTools.Engine.Volumes;

/// <summary>The size of a block device and of its sectors.</summary>
/// <param name="LengthBytes">The device's size; a multiple of <paramref name="LogicalSectorBytes"/>.</param>
/// <param name="LogicalSectorBytes">The smallest unit hosts may address: 512 or 4096.</param>
/// <param name="PhysicalSectorBytes">The unit the medium writes whole: at least the logical sector.</param>
public readonly record struct BlockGeometry(long LengthBytes, int LogicalSectorBytes, int PhysicalSectorBytes)
{
    /// <summary>The unit that every offset and length is a multiple of.</summary>
    public const int SectorBytes = 512;
}

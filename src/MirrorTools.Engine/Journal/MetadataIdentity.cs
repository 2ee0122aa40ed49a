using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>What a metadata file belongs to and how it is cut; written once, at creation.</summary>
/// <param name="PairId">The pair; stamped into every block.</param>
/// <param name="VolumeId">The volume whose maps these are.</param>
/// <param name="Geometry">The volume's size and grain.</param>
/// <param name="RegionBytes">The dirty-region log's region, in bytes: a power of two, at least a grain.</param>
/// <param name="RegionSlots">How many regions may be hot at once.</param>
/// <param name="CompatibleFeatures">Bits an older program may ignore.</param>
/// <param name="IncompatibleFeatures">Bits that a program must know to open the file.</param>
public sealed record MetadataIdentity(
    Guid PairId,
    Guid VolumeId,
    GrainGeometry Geometry,
    int RegionBytes,
    int RegionSlots,
    ulong CompatibleFeatures,
    ulong IncompatibleFeatures)
{
    /// <summary>How many regions the volume has.</summary>
    public long RegionCount => (Geometry.LengthBytes + RegionBytes - 1) / RegionBytes;

    /// <summary>An identity with the default regions for its geometry, and no feature bits.</summary>
    public static MetadataIdentity For(Guid pairId, Guid volumeId, GrainGeometry geometry)
    {
        (int regionBytes, int regionSlots) = DirtyRegionLog.DefaultFor(geometry);
        return new MetadataIdentity(pairId, volumeId, geometry, regionBytes, regionSlots, 0, 0);
    }
}

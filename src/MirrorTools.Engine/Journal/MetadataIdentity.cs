using System.Numerics;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

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
    /// <summary>The pair's maps are those of asynchronous copy.</summary>
    public const ulong AsyncCopyFeature = 1;

    /// <summary>The incompatible features this program knows.</summary>
    public const ulong KnownIncompatibleFeatures = AsyncCopyFeature;

    /// <summary>The most regions a volume may have: their states take a byte each in memory.</summary>
    public const long MaximumRegionCount = 1 << 26;

    /// <summary>The pair's copy service.</summary>
    public CopyService Service => (IncompatibleFeatures & AsyncCopyFeature) != 0 ? CopyService.AsyncCopy : CopyService.Flashcopy;

    /// <summary>How many regions the volume has.</summary>
    public long RegionCount => (Geometry.LengthBytes + RegionBytes - 1) / RegionBytes;

    /// <summary>An identity with the default regions for its geometry.</summary>
    public static MetadataIdentity For(Guid pairId, Guid volumeId, GrainGeometry geometry, CopyService service = CopyService.Flashcopy)
    {
        (int regionBytes, int regionSlots) = DirtyRegionLog.DefaultFor(geometry);
        return new MetadataIdentity(pairId, volumeId, geometry, regionBytes, regionSlots, 0, service == CopyService.AsyncCopy ? AsyncCopyFeature : 0);
    }

    /// <summary>Says what is wrong with the identity, or null where it is fine.</summary>
    public string? Validate()
    {
        if (GrainGeometry.Validate(Geometry.LengthBytes, Geometry.GrainBytes) is { } complaint)
        {
            return complaint;
        }

        if (RegionBytes < Geometry.GrainBytes || !BitOperations.IsPow2(RegionBytes) || RegionCount > MaximumRegionCount)
        {
            return $"A region of {RegionBytes} bytes is not possible: take a power of two of at least a grain, so that there are at most {MaximumRegionCount}.";
        }

        return RegionSlots is < 1 or > RegionLogBlock.MaximumSlots
            ? $"{RegionSlots} region slots are not possible: take 1 to {RegionLogBlock.MaximumSlots}."
            : null;
    }
}

using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// Where the parts of a metadata file are. Two copies of one thing are never in the same 64 KiB, since a power cut may take a neighbourhood with it.
/// <code>
///   0 KiB  superblock, copy 0            64 KiB  superblock, copy 1
/// 128 KiB  state record, slot 0         192 KiB  state record, slot 1
/// 256 KiB  dirty-region log (256 KiB)
/// 512 KiB  maps of the source side, then maps of the target side
/// </code>
/// </summary>
/// <param name="SourceMaps">The maps of the source side.</param>
/// <param name="TargetMaps">The maps of the target side.</param>
internal readonly record struct MetadataLayout(MapAreaLayout SourceMaps, MapAreaLayout TargetMaps)
{
    public const long CopyDistanceBytes = 64 * 1024;
    public const long SuperblockOffsetBytes = 0;
    public const long StateOffsetBytes = 128 * 1024;
    public const long RegionLogOffsetBytes = 256 * 1024;
    public const long MapsOffsetBytes = 512 * 1024;

    /// <summary>How long the file is.</summary>
    public long LengthBytes => TargetMaps.OffsetBytes + TargetMaps.LengthBytes;

    public static MetadataLayout For(GrainGeometry geometry)
    {
        int pageCount = GrainMap.PagesFor(geometry.GrainCount);
        MapAreaLayout source = new(0, MapsOffsetBytes, pageCount);
        return new MetadataLayout(source, new MapAreaLayout(1, source.OffsetBytes + source.LengthBytes, pageCount));
    }
}

using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>The metadata file of one side of a pair.</summary>
public sealed class MetadataStore
{
    /// <summary>Identity and shape.</summary>
    public MetadataIdentity Identity => throw new NotImplementedException();

    /// <summary>The service's state record.</summary>
    public RecordSlots State => throw new NotImplementedException();

    /// <summary>Maps of the source side: inB, onC, future, cycle.</summary>
    public MapArea SourceMaps => throw new NotImplementedException();

    /// <summary>Maps of the target side: copied, future.</summary>
    public MapArea TargetMaps => throw new NotImplementedException();

    /// <summary>Where this file keeps its copy of the dirty-region log.</summary>
    public LogPlace RegionLogPlace => throw new NotImplementedException();

    /// <summary>How large the (sparse) device has to be, in bytes.</summary>
    public static long RequiredLengthBytes(GrainGeometry geometry) => throw new NotImplementedException();

    /// <summary>Writes a new, empty metadata file; the device reads as zeros before.</summary>
    public static Task<MetadataStore> CreateAsync(IBlockDevice device, MetadataIdentity identity, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Opens a metadata file.</summary>
    public static Task<MetadataStore> OpenAsync(IBlockDevice device, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Makes everything written before durable.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}

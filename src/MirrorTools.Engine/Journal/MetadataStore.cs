using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// The metadata file of one side of a pair: superblock, state record, grain maps, and room for one copy of the dirty-region log. The caller owns the device.
/// </summary>
/// <remarks>
/// After a flush that failed, or whose outcome is unknown, every later write and flush throws; what is durable is known again only
/// after the file was opened anew (P-2). See docs/formats/metadata-file.md.
/// </remarks>
public sealed class MetadataStore
{
    private readonly MetadataDevice _device;

    private MetadataStore(MetadataDevice device, MetadataIdentity identity, RecordSlots state, bool isNew)
    {
        MetadataLayout layout = MetadataLayout.For(identity.Geometry);
        (_device, Identity, State) = (device, identity, state);
        SourceMaps = new MapArea(device, layout.SourceMaps, identity.PairId, isNew);
        TargetMaps = new MapArea(device, layout.TargetMaps, identity.PairId, isNew);
        device.Flushed = () =>
        {
            SourceMaps.Settle();
            TargetMaps.Settle();
        };
    }

    /// <summary>Identity and shape.</summary>
    public MetadataIdentity Identity { get; }

    /// <summary>The service's state record.</summary>
    public RecordSlots State { get; }

    /// <summary>Maps of the source side: inB, onC, future, cycle.</summary>
    public MapArea SourceMaps { get; }

    /// <summary>Maps of the target side: copied, future.</summary>
    public MapArea TargetMaps { get; }

    /// <summary>Where this file keeps its copy of the dirty-region log.</summary>
    public LogPlace RegionLogPlace => new(_device.Device, MetadataLayout.RegionLogOffsetBytes);

    /// <summary>How large the device has to be, in bytes.</summary>
    public static long RequiredLengthBytes(GrainGeometry geometry) => MetadataLayout.For(geometry).LengthBytes;

    /// <summary>
    /// Writes a new, empty metadata file over whatever the device holds, all but the dirty-region log. The superblock comes last: a creation that was cut leaves a
    /// file that can't be opened.
    /// </summary>
    /// <exception cref="ArgumentException">The identity is not possible, or the device too small.</exception>
    public static async Task<MetadataStore> CreateAsync(IBlockDevice device, MetadataIdentity identity, CancellationToken cancellationToken)
    {
        if (identity.Validate() is { } complaint)
        {
            throw new ArgumentException(complaint, nameof(identity));
        }

        long lengthBytes = RequiredLengthBytes(identity.Geometry);
        if (device.Geometry.LengthBytes < lengthBytes)
        {
            throw new ArgumentException($"The metadata file needs {lengthBytes} bytes; the device has {device.Geometry.LengthBytes}.", nameof(device));
        }

        // An older file's superblocks go first, for good, before anything else of it is touched.
        await device.WriteZeroesAsync(0, MetadataLayout.StateOffsetBytes, WriteOptions.None, cancellationToken);
        await device.FlushAsync(cancellationToken);

        // With all the space they will ever take: a file system that fills up later is then no reason for a page not to be written (P-8).
        await device.WriteZeroesAsync(MetadataLayout.MapsOffsetBytes, lengthBytes - MetadataLayout.MapsOffsetBytes, WriteOptions.None, cancellationToken);
        MetadataDevice metadata = new(device);
        RecordSlots state = await RecordSlots.CreateAsync(metadata, MetadataLayout.StateOffsetBytes, identity.PairId, cancellationToken);
        await device.FlushAsync(cancellationToken);
        Superblock superblock = new(identity, lengthBytes, Sequence: 1);
        await WriteSuperblockAsync(device, superblock, copy: 0, cancellationToken);
        await WriteSuperblockAsync(device, superblock, copy: 1, cancellationToken);
        return new MetadataStore(metadata, identity, state, isNew: true);
    }

    /// <summary>Opens a metadata file; rewrites a superblock copy that is not valid from the other one.</summary>
    /// <exception cref="MetadataCorruptException">The superblock or the state record is not valid, or the file is too short.</exception>
    /// <exception cref="MetadataVersionException">The file needs a newer program; nothing was changed.</exception>
    public static async Task<MetadataStore> OpenAsync(IBlockDevice device, CancellationToken cancellationToken)
    {
        if (device.Geometry.LengthBytes < MetadataLayout.MapsOffsetBytes)
        {
            throw new MetadataCorruptException("superblock", $"The metadata file is cut short: {device.Geometry.LengthBytes} bytes are left of it.");
        }

        // What a process that died left in the system's cache can be read and is not durable yet. Without this flush the next write of a map page or a
        // record would go over the slot that is.
        await device.FlushAsync(cancellationToken);
        MetadataDevice metadata = new(device);
        Superblock? first = await ReadSuperblockAsync(metadata, copy: 0, cancellationToken);
        Superblock? second = await ReadSuperblockAsync(metadata, copy: 1, cancellationToken);
        Superblock superblock = (first?.Sequence >= (second?.Sequence ?? 0) ? first : second)
            ?? throw new MetadataCorruptException("superblock", "Neither copy of the metadata file's superblock is valid: it is no metadata file, or its creation was cut.");
        if (device.Geometry.LengthBytes < superblock.FileLengthBytes)
        {
            throw new MetadataCorruptException(
                "grain maps",
                $"The metadata file is cut short: it has {device.Geometry.LengthBytes} of {superblock.FileLengthBytes} bytes.");
        }

        RecordSlots state = await RecordSlots.OpenAsync(metadata, MetadataLayout.StateOffsetBytes, superblock.Identity.PairId, cancellationToken);
        if (first != superblock || second != superblock)
        {
            await WriteSuperblockAsync(device, superblock, copy: first == superblock ? 1 : 0, cancellationToken);
        }

        return new MetadataStore(metadata, superblock.Identity, state, isNew: false);
    }

    /// <summary>Makes everything written before durable.</summary>
    /// <exception cref="IOException">The flush failed, now or earlier (P-2).</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        using SerialGate.Turn turn = await _device.EnterAsync(cancellationToken);
        await _device.FlushAsync(cancellationToken);
    }

    private static async ValueTask<Superblock?> ReadSuperblockAsync(MetadataDevice metadata, int copy, CancellationToken cancellationToken)
    {
        byte[] block = new byte[BlockHeader.BlockBytes];
        await metadata.ReadBlocksAsync(
            MetadataLayout.SuperblockOffsetBytes + (copy * MetadataLayout.CopyDistanceBytes), block, content => Superblock.TryRead(content.Span, out _), cancellationToken);
        return Superblock.TryRead(block, out Superblock superblock) ? superblock : null;
    }

    private static async ValueTask WriteSuperblockAsync(IBlockDevice device, Superblock superblock, int copy, CancellationToken cancellationToken)
    {
        byte[] block = new byte[BlockHeader.BlockBytes];
        superblock.Write(block);
        await device.WriteAsync(MetadataLayout.SuperblockOffsetBytes + (copy * MetadataLayout.CopyDistanceBytes), block, WriteOptions.None, cancellationToken);
        await device.FlushAsync(cancellationToken);
    }
}

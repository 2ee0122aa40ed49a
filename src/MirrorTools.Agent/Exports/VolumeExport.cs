using MirrorTools.Agent.Volumes;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Protocols.Nbd;

namespace MirrorTools.Agent.Exports;

/// <summary>Shows a volume to NBD clients. A request that the volume completes at once completes at once here.</summary>
/// <param name="name">The export name.</param>
/// <param name="volume">The volume.</param>
/// <param name="device">What hosts read and write.</param>
/// <param name="isReadOnly">True to refuse writes whatever the volume takes.</param>
public sealed class VolumeExport(string name, Volume volume, IBlockDevice device, bool isReadOnly) : INbdExport
{
    private const int CacheChunkBytes = 1 << 20;

    private readonly MapCache _maps = new(volume);

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public string Description => $"{volume.Role} of {volume.PairName}";

    /// <inheritdoc/>
    public long LengthBytes => device.Geometry.LengthBytes;

    /// <inheritdoc/>
    public NbdBlockSizes BlockSizes { get; } = new(device.Geometry.LogicalSectorBytes, Math.Max(4096, device.Geometry.PhysicalSectorBytes));

    /// <inheritdoc/>
    public NbdExportFeatures Features { get; } = NbdExportFeatures.Flush | NbdExportFeatures.ForceUnitAccess | NbdExportFeatures.Trim
        | NbdExportFeatures.WriteZeroes | NbdExportFeatures.Cache | NbdExportFeatures.MultiConnection
        | (isReadOnly || volume.IsReadOnly() ? NbdExportFeatures.ReadOnly : 0);

    /// <inheritdoc/>
    public IReadOnlyList<string> MetaContexts { get; } = [NbdMetaContexts.BaseAllocation, .. volume.Maps.Keys];

    /// <inheritdoc/>
    public string? RefusalReason => volume.RefusalReason();

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) =>
        device.ReadAsync(offsetBytes, buffer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, NbdWriteOptions options, CancellationToken cancellationToken) =>
        device.WriteAsync(offsetBytes, data, Durability(options), cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        device.WriteZeroesAsync(
            offsetBytes,
            lengthBytes,
            Durability(options) | ((options & NbdWriteOptions.NoHole) == 0 ? WriteOptions.MayUnmap : 0),
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask TrimAsync(long offsetBytes, long lengthBytes, NbdWriteOptions options, CancellationToken cancellationToken) =>
        device.WriteZeroesAsync(offsetBytes, lengthBytes, Durability(options) | WriteOptions.MayUnmap, cancellationToken);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => device.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CacheAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        var scratch = new byte[(int)Math.Min(lengthBytes, CacheChunkBytes)];
        for (var done = 0L; done < lengthBytes; done += scratch.Length)
        {
            var chunk = scratch.AsMemory(0, (int)Math.Min(scratch.Length, lengthBytes - done));
            await device.ReadAsync(offsetBytes + done, chunk, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> GetBlockStatusAsync(
        string context, long offsetBytes, long lengthBytes, Memory<NbdStatusExtent> extents, CancellationToken cancellationToken)
    {
        if (context != NbdMetaContexts.BaseAllocation)
        {
            return GrainStatus(await _maps.GetAsync(context), offsetBytes, lengthBytes, extents.Span);
        }

        var count = 0;
        for (var done = 0L; done < lengthBytes && count < extents.Length;)
        {
            var extent = await device.FindExtentAsync(offsetBytes + done, lengthBytes - done, cancellationToken);
            extents.Span[count++] = new NbdStatusExtent(extent.LengthBytes, Flags(extent.Kind));
            done += extent.LengthBytes;
        }

        return count;
    }

    /// <inheritdoc/>
    NbdError INbdExport.Translate(Exception fault) => fault switch
    {
        NbdException known => known.Error,
        BlockDeviceException { Fault: BlockDeviceFault.Full } => NbdError.NoSpace,
        BlockDeviceException { Fault: BlockDeviceFault.ReadOnly } => NbdError.NotPermitted,
        OperationCanceledException or ObjectDisposedException => NbdError.ShuttingDown,
        ArgumentException => NbdError.Invalid,
        _ => NbdError.InputOutput,
    };

    private static WriteOptions Durability(NbdWriteOptions options) =>
        (options & NbdWriteOptions.ForceUnitAccess) != 0 ? WriteOptions.ForceUnitAccess : WriteOptions.None;

    private static uint Flags(ExtentKind kind) => kind switch
    {
        ExtentKind.Hole => NbdMetaContexts.Hole | NbdMetaContexts.Zero,
        ExtentKind.Zero => NbdMetaContexts.Zero,
        _ => 0,
    };

    private int GrainStatus(GrainMap map, long offsetBytes, long lengthBytes, Span<NbdStatusExtent> extents)
    {
        var endBytes = offsetBytes + lengthBytes;
        var count = 0;
        for (var at = offsetBytes; at < endBytes && count < extents.Length; count++)
        {
            var grain = at / volume.GrainBytes;
            var runEndBytes = Math.Min(map.RunEnd(grain) * volume.GrainBytes, endBytes);
            extents[count] = new NbdStatusExtent(runEndBytes - at, map[grain] ? 1u : 0u);
            at = runEndBytes;
        }

        return count;
    }
}

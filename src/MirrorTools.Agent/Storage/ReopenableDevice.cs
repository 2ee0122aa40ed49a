using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage;

/// <summary>
/// A storage that can be opened anew under the one who uses it. After a flush that failed a file is not trusted until then (P-2), and closing the whole pair for it would
/// throw its hosts out.
/// </summary>
public sealed class ReopenableDevice : IBlockDevice
{
    private readonly Func<FileBlockDevice> _open;
    private volatile FileBlockDevice? _device;

    /// <summary>Opens the storage.</summary>
    /// <exception cref="StorageOpenException">It can't be opened.</exception>
    /// <exception cref="BlockDeviceException">It is shorter than its volume.</exception>
    public ReopenableDevice(Func<FileBlockDevice> open)
    {
        _open = open;
        var device = open();
        (_device, Geometry) = (device, device.Geometry);
    }

    /// <inheritdoc/>
    public BlockGeometry Geometry { get; }

    private FileBlockDevice Device => _device
        ?? throw new BlockDeviceException(BlockDeviceFault.Unreachable, "The storage could not be opened anew. Resume-MirrorPair tries again.");

    /// <summary>Closes the storage and opens it anew; nobody may be using it. Where that fails, every request does until it succeeds.</summary>
    /// <exception cref="StorageOpenException">It can't be opened.</exception>
    /// <exception cref="BlockDeviceException">It has become shorter.</exception>
    public async Task ReopenAsync()
    {
        var before = _device;
        _device = null;
        if (before is not null)
        {
            // First the old one: it holds the lock that keeps others away.
            await before.DisposeAsync();
        }

        _device = _open();
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) =>
        Device.ReadAsync(offsetBytes, buffer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken) =>
        Device.WriteAsync(offsetBytes, data, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        Device.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => Device.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        Device.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _device is { } device ? device.DisposeAsync() : ValueTask.CompletedTask;
}

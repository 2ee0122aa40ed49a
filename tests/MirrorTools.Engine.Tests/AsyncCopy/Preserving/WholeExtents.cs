using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

/// <summary>A volume that calls all of it data, or fails to be read.</summary>
internal sealed class WholeExtents(IBlockDevice inner) : IBlockDevice
{
    public bool FailsReads { get; set; }

    public BlockGeometry Geometry => inner.Geometry;

    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) => FailsReads
        ? throw new BlockDeviceException(BlockDeviceFault.MediumError, "The test's volume can't be read.")
        : inner.ReadAsync(offsetBytes, buffer, cancellationToken);

    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteAsync(offsetBytes, data, options, cancellationToken);

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        new(new BlockExtent(lengthBytes, ExtentKind.Data));

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>A device that reads nothing while it is told so: after a moment, or in the call itself.</summary>
/// <param name="inner">What does the work otherwise.</param>
internal sealed class RefusingDevice(IBlockDevice inner) : IBlockDevice
{
    public bool RefusesReads { get; set; }

    public bool AtOnce { get; set; }

    public BlockGeometry Geometry => inner.Geometry;

    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!RefusesReads || !AtOnce)
        {
            await inner.ReadAsync(offsetBytes, buffer, cancellationToken);
        }

        if (RefusesReads)
        {
            throw new BlockDeviceException(BlockDeviceFault.MediumError, "The test refuses the read.");
        }
    }

    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteAsync(offsetBytes, data, options, cancellationToken);

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        inner.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

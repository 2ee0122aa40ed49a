using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

/// <summary>A disk that fails one write.</summary>
internal sealed class FailingWrite(IBlockDevice inner) : IBlockDevice
{
    /// <summary>How many writes work before the one that fails; null where none does.</summary>
    public int? FailAfter { get; set; }

    /// <summary>True where the data of the failed write arrives on the medium.</summary>
    public bool WritesAllTheSame { get; init; }

    public BlockGeometry Geometry => inner.Geometry;

    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) =>
        inner.ReadAsync(offsetBytes, buffer, cancellationToken);

    public async ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        bool fails = FailAfter-- == 0;
        if (!fails || WritesAllTheSame)
        {
            await inner.WriteAsync(offsetBytes, data, options, cancellationToken);
        }

        if (fails)
        {
            FailAfter = null;
            throw new BlockDeviceException(BlockDeviceFault.Full, "The test's disk fails one write.");
        }
    }

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        inner.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        inner.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>A disk of any length that keeps nothing.</summary>
internal sealed class LongDisk(long lengthBytes) : IBlockDevice
{
    public BlockGeometry Geometry => new(lengthBytes, 512, 4096);

    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        buffer.Span.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        new(new BlockExtent(lengthBytes, ExtentKind.Hole));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

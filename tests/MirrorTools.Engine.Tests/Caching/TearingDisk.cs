using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>A disk in memory whose writes and reads run on any thread, byte after byte and in two halves: whoever reads a sector while it is written may get half of it.</summary>
internal sealed class TearingDisk(long lengthBytes) : IBlockDevice
{
    private readonly byte[] _content = new byte[lengthBytes];

    public BlockGeometry Geometry => new(lengthBytes, 512, 512);

    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _content.AsMemory((int)offsetBytes, buffer.Length).CopyTo(buffer);
        await Task.Yield();
        for (int at = 0; at < buffer.Length; at += 512)
        {
            _content.AsSpan((int)offsetBytes + at, 256).CopyTo(buffer.Span[at..]);
        }
    }

    public async ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        for (int half = 0; half < 512; half += 256)
        {
            for (int at = half; at < data.Length; at += 512)
            {
                data.Span.Slice(at, 256).CopyTo(_content.AsSpan((int)offsetBytes + at));
            }

            await Task.Yield();
        }
    }

    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        WriteAsync(offsetBytes, new byte[lengthBytes], options, cancellationToken);

    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await Task.Yield();

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        new(new BlockExtent(lengthBytes, ExtentKind.Data));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

using MirrorTools.Engine.Volumes;
using Xunit;

namespace MirrorTools.Engine.Tests.Caching;

/// <summary>
/// A disk that watches what is asked of it: no buffer may change under a write, no two writes of one sector be under way. Reads may bring, for each sector that changes meanwhile, what was
/// there when they began, or half of it.
/// </summary>
internal sealed class WatchedDisk(IBlockDevice inner) : IBlockDevice
{
    private readonly List<(long OffsetBytes, long EndBytes)> _underWay = [];

    /// <summary>Shows what is on the disk without a request; where null, reads are as the disk does them.</summary>
    public Action<long, byte[]>? Peek { get; init; }

    /// <summary>Decides about each changed sector of a read: 0 new, 1 old, 2 half of each.</summary>
    public Func<int>? Choose { get; init; }

    public List<(long OffsetBytes, long LengthBytes, bool IsZeroes, WriteOptions Options)> Writes { get; } = [];

    public int Flushes { get; private set; }

    public int MostAtOnce { get; private set; }

    public int StaleReads { get; private set; }

    public BlockGeometry Geometry => inner.Geometry;

    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        byte[] early = new byte[buffer.Length];
        Peek?.Invoke(offsetBytes, early);
        await inner.ReadAsync(offsetBytes, buffer, cancellationToken);
        for (int at = 0; Peek is not null && at < early.Length; at += 512)
        {
            Span<byte> sector = buffer.Span.Slice(at, 512);
            Span<byte> old = early.AsSpan(at, 512);
            int choice = sector.SequenceEqual(old) ? 0 : Choose!();
            old[..(choice == 0 ? 0 : 512 / choice)].CopyTo(sector);
            StaleReads += choice == 0 ? 0 : 1;
        }
    }

    public async ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        byte[] before = data.ToArray();
        await WatchAsync(offsetBytes, data.Length, false, options, () => inner.WriteAsync(offsetBytes, data, options, cancellationToken));
        Assert.True(data.Span.SequenceEqual(before), $"The buffer of the write at {offsetBytes} changed under it.");
    }

    public async ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        await WatchAsync(offsetBytes, lengthBytes, true, options, () => inner.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken));

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Flushes++;
        return inner.FlushAsync(cancellationToken);
    }

    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        inner.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask WatchAsync(long offsetBytes, long lengthBytes, bool isZeroes, WriteOptions options, Func<ValueTask> write)
    {
        (long, long) range = (offsetBytes, offsetBytes + lengthBytes);
        Assert.DoesNotContain(_underWay, other => offsetBytes < other.EndBytes && other.OffsetBytes < offsetBytes + lengthBytes);
        _underWay.Add(range);
        Writes.Add((offsetBytes, lengthBytes, isZeroes, options));
        MostAtOnce = Math.Max(MostAtOnce, _underWay.Count);
        await write();
        _underWay.Remove(range);
    }
}

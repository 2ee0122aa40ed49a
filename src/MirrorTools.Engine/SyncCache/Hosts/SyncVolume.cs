using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.SyncCache.Hosts;

/// <summary>
/// What hosts see of a node. At the primary: reads and writes (figure 4). A write into a hot region, while there is room, takes no lock and allocates nothing on its way into the order of all
/// writes; it is answered when every node that takes part has it in memory. At a secondary: reads, as long as the primary has given leave (S-8).
/// </summary>
public sealed class SyncVolume : IBlockDevice
{
    private readonly SyncCore _core;
    private readonly int _pieceBytes;
    private IHostPath? _path;
    private TaskCompletionSource _opened = NewSignal();
    private string? _refusal = "The node has not found out yet what it is.";

    internal SyncVolume(SyncCore core)
    {
        _core = core;

        // The longest write that goes as one; whole sectors, and no more than a small cache has room for.
        _pieceBytes = Math.Min(1 << 20, core.Cache.LargestPutBytes / 2 & ~(BlockGeometry.SectorBytes - 1));
    }

    /// <inheritdoc/>
    public BlockGeometry Geometry => _core.Parts.Disk.Geometry;

    /// <summary>Why hosts are refused for the time being; null where they are served.</summary>
    public string? Refusal => Volatile.Read(ref _path) is null ? Volatile.Read(ref _refusal) : null;

    /// <summary>True where hosts may write here (S-16).</summary>
    public bool IsWritable => Volatile.Read(ref _path) is { IsWritable: true };

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ThrowIfOutside(offsetBytes, buffer.Length);
        if (buffer.Length > 0)
        {
            await (await PathAsync(cancellationToken)).ReadAsync(offsetBytes, buffer, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        ThrowIfOutside(offsetBytes, data.Length);
        return data.Length == 0 ? ValueTask.CompletedTask
            : PieceAt(offsetBytes, data.Length) == data.Length && Volatile.Read(ref _path) is { } path && path.TryWrite(offsetBytes, data, data.Length, options, out ValueTask answer) ? answer
            : WriteSlowlyAsync(offsetBytes, data, data.Length, options, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        ThrowIfOutside(offsetBytes, lengthBytes);
        return lengthBytes == 0 ? ValueTask.CompletedTask : WriteSlowlyAsync(offsetBytes, default, lengthBytes, options, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await (await PathAsync(cancellationToken)).FlushAsync(cancellationToken);

    /// <summary>A hint of what the disk holds; what is cached may be data where the disk has a hole, so everything unhardened counts as data.</summary>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        _core.Cache.Unhardened.NoneSet(_core.Geometry.Covering(offsetBytes, lengthBytes))
            ? _core.Parts.Disk.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken)
            : ValueTask.FromResult(new BlockExtent(lengthBytes, ExtentKind.Data));

    /// <summary>Does nothing: the pair owns its storages.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Hosts go this way from now on.</summary>
    internal void Open(IHostPath path)
    {
        Volatile.Write(ref _path, path);
        TaskCompletionSource opened = _opened;
        opened.TrySetResult();
    }

    /// <summary>Hosts are refused: at once where the cause stays, else they wait for a while.</summary>
    internal void Close(string refusal)
    {
        Volatile.Write(ref _refusal, refusal);
        if (Interlocked.Exchange(ref _path, null) is not null)
        {
            Volatile.Write(ref _opened, NewSignal());
        }
    }

    // What goes as one: it has room in every cache, and its regions in every log.
    private long PieceAt(long offsetBytes, long lengthBytes) => Math.Min(_pieceBytes, _core.Log.PieceAt(offsetBytes, lengthBytes));

    private async ValueTask WriteSlowlyAsync(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        IHostPath path = await PathAsync(cancellationToken);
        for (long done = 0; done < lengthBytes;)
        {
            long piece = PieceAt(offsetBytes + done, lengthBytes - done);
            ReadOnlyMemory<byte> content = data.IsEmpty ? data : data.Slice((int)done, (int)piece);
            await path.WriteAsync(offsetBytes + done, content, piece, options, cancellationToken);
            done += piece;
        }
    }

    // A node that is about to take over, or to be led, is worth a wait; a refusal that stays is told when the deadline has passed.
    private async ValueTask<IHostPath> PathAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task opened = Volatile.Read(ref _opened).Task;
            if (Volatile.Read(ref _path) is { } path)
            {
                return path;
            }

            try
            {
                await opened.WithDeadline(_core.Options.HostDeadline, _core.Time, cancellationToken);
            }
            catch (TimeoutException)
            {
                throw new BlockDeviceException(BlockDeviceFault.Unreachable, _refusal ?? "The node serves no hosts.");
            }
        }
    }

    private void ThrowIfOutside(long offsetBytes, long lengthBytes)
    {
        if (((offsetBytes | lengthBytes) & (BlockGeometry.SectorBytes - 1)) != 0 || offsetBytes < 0 || lengthBytes < 0 || offsetBytes > _core.Geometry.LengthBytes - lengthBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(offsetBytes), $"{lengthBytes} bytes at {offsetBytes} are not whole sectors inside the volume of {_core.Geometry.LengthBytes} bytes.");
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

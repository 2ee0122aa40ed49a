using System.Runtime.CompilerServices;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// What hosts see of a mirrored source: the storage A behind the write path of figure 7 (steps 150 to 157). A write to a copied grain in a hot region passes
/// without a lock or an allocation and waits for the storage alone.
/// </summary>
public sealed class SourceVolume : IBlockDevice
{
    // Zeroes come in ranges of any length, and leave slots for others.
    private const int ZeroedRegions = 16;

    private readonly IBlockDevice _device;
    private readonly GrainGeometry _geometry;
    private readonly EpochGate _gate;
    private readonly EpochGate _longWrites;
    private readonly DirtyRegionLog _log;
    private readonly SourceMaps _maps;
    private readonly IUncopiedBarrier _barrier;
    private readonly AccessClock? _accesses;
    private readonly FlashcopyFaults _faults;
    private readonly TimeProvider _time;
    private string? _refusal;

    internal SourceVolume(
        IBlockDevice device, SourceMaps maps, WriteGate gate, DirtyRegionLog log, IUncopiedBarrier barrier, AccessClock? accesses, TimeProvider time, FlashcopyFaults faults)
    {
        _device = device;
        _geometry = maps.Geometry;
        _maps = maps;
        _gate = gate.Requests;
        _longWrites = gate.LongWrites;
        _log = log;
        _barrier = barrier;
        _accesses = accesses;
        _time = time;
        _faults = faults;
    }

    /// <inheritdoc/>
    public BlockGeometry Geometry => _device.Geometry;

    /// <summary>Why hosts are refused; null where they are served (P-6).</summary>
    public string? Refusal
    {
        get => Volatile.Read(ref _refusal);
        internal set => Volatile.Write(ref _refusal, value);
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ThrowIfRefused();
        _accesses?.Note(offsetBytes);
        return _device.ReadAsync(offsetBytes, buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        if (data.Length == 0)
        {
            return ValueTask.CompletedTask;
        }

        if (Refusal is not null || !IsInside(offsetBytes, data.Length) || TryBegin(offsetBytes, data.Length, false, out int ticket) != Obstacle.None)
        {
            return WriteSlowlyAsync(offsetBytes, data, data.Length, options, cancellationToken);
        }

        ValueTask write;
        try
        {
            write = _device.WriteAsync(offsetBytes, data, options, cancellationToken);
        }
        catch
        {
            _gate.Exit(ticket);
            throw;
        }

        if (write.IsCompletedSuccessfully)
        {
            write.GetAwaiter().GetResult();
            _gate.Exit(ticket);
            return ValueTask.CompletedTask;
        }

        return LeaveAfterAsync(write, ticket);
    }

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        lengthBytes == 0 ? ValueTask.CompletedTask : WriteSlowlyAsync(offsetBytes, default, lengthBytes, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfRefused();
        return _device.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        _device.FindExtentAsync(offsetBytes, lengthBytes, cancellationToken);

    /// <summary>Does nothing: the pair owns its storages.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask WriteSlowlyAsync(
        long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        ThrowIfRefused();
        if (!IsInside(offsetBytes, lengthBytes))
        {
            throw new ArgumentOutOfRangeException(
                nameof(offsetBytes), $"{lengthBytes} bytes at {offsetBytes} are not whole sectors inside the volume of {_geometry.LengthBytes} bytes.");
        }

        if (PieceAt(offsetBytes, lengthBytes, data) == lengthBytes)
        {
            await WritePieceAsync(offsetBytes, data, lengthBytes, options, isWhole: true, cancellationToken);
            return;
        }

        int ticket;
        while (!_longWrites.TryEnter(out ticket))
        {
            await _longWrites.WaitOpenAsync().WithDeadline(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }

        try
        {
            await WriteInPiecesAsync(offsetBytes, data, lengthBytes, options, cancellationToken);
        }
        finally
        {
            _longWrites.Exit(ticket);
        }
    }

    // A write may cover more regions than the log has slots for it.
    private async ValueTask WriteInPiecesAsync(
        long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        for (long done = 0; done < lengthBytes;)
        {
            long piece = PieceAt(offsetBytes + done, lengthBytes - done, data);
            ReadOnlyMemory<byte> content = data.IsEmpty ? data : data.Slice((int)done, (int)piece);
            await WritePieceAsync(offsetBytes + done, content, piece, options, isWhole: false, cancellationToken);
            done += piece;
        }
    }

    private long PieceAt(long offsetBytes, long lengthBytes, ReadOnlyMemory<byte> data) =>
        data.IsEmpty ? _log.PieceAt(offsetBytes, lengthBytes, ZeroedRegions) : _log.PieceAt(offsetBytes, lengthBytes);

    private async ValueTask WritePieceAsync(
        long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, bool isWhole, CancellationToken cancellationToken)
    {
        bool localIsEnough = false;
        while (true)
        {
            ThrowIfRefused();
            switch (TryBegin(offsetBytes, lengthBytes, localIsEnough, out int ticket))
            {
                case Obstacle.None:
                    try
                    {
                        await StoreAsync(offsetBytes, data, lengthBytes, options, cancellationToken);
                    }
                    finally
                    {
                        _gate.Exit(ticket);
                    }

                    return;
                case Obstacle.GateClosed:
                    await _gate.WaitOpenAsync().WithDeadline(Timeout.InfiniteTimeSpan, _time, cancellationToken);
                    break;
                case Obstacle.ColdRegion:
                    await MarkHotAsync(offsetBytes, lengthBytes, cancellationToken);
                    break;
                case Obstacle.Uncopied:
                    CopyGrant grant = await _barrier.AwaitCopiedAsync(_geometry.Covering(offsetBytes, lengthBytes), isWhole, cancellationToken);
                    if (grant.Kind == CopyGrantKind.WriteBeforePoint)
                    {
                        await WriteBeforePointAsync(offsetBytes, data, lengthBytes, options, cancellationToken);
                        return;
                    }

                    localIsEnough |= grant.Kind == CopyGrantKind.LocalIsEnough;
                    break;
            }
        }
    }

    private async ValueTask WriteBeforePointAsync(
        long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        try
        {
            int ticket = await EnterBeforePointAsync(offsetBytes, lengthBytes, cancellationToken);
            try
            {
                GrainRange grains = _geometry.Covering(offsetBytes, lengthBytes);
                WriteMode mode = _maps.Mode;
                for (long grain = grains.First; grain < grains.End; grain++)
                {
                    _maps.Mark(mode, grain);
                }

                await StoreAsync(offsetBytes, data, lengthBytes, options, cancellationToken);
            }
            finally
            {
                _gate.Exit(ticket);
            }
        }
        finally
        {
            _barrier.EndedBeforePoint();
        }
    }

    // The gate is closed for the point this write is to fall before. It is inside all the same, or a cooling would not wait for it and its region might go cold under it.
    private async ValueTask<int> EnterBeforePointAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            int ticket = _gate.EnterClosed();
            if (AreHot(offsetBytes, lengthBytes))
            {
                return ticket;
            }

            _gate.Exit(ticket);
            await MarkHotAsync(offsetBytes, lengthBytes, cancellationToken);
        }
    }

    private ValueTask MarkHotAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken) =>
        _log.MarkSequentiallyAsync(_log.RegionAt(offsetBytes), _log.RegionAt(offsetBytes + lengthBytes - 1), cancellationToken);

    private ValueTask StoreAsync(long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) =>
        data.IsEmpty
            ? _device.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken)
            : _device.WriteAsync(offsetBytes, data, options, cancellationToken);

    // Enters the gate, then looks: whatever the write sees stays so until it leaves, since points and coolings wait for it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Obstacle TryBegin(long offsetBytes, long lengthBytes, bool localIsEnough, out int ticket)
    {
        if (!_gate.TryEnter(out ticket))
        {
            return Obstacle.GateClosed;
        }

        if (!AreHot(offsetBytes, lengthBytes))
        {
            _gate.Exit(ticket);
            return Obstacle.ColdRegion;
        }

        WriteMode mode = _maps.Mode;
        GrainRange grains = _geometry.Covering(offsetBytes, lengthBytes);
        if (mode.CycleIsLive)
        {
            for (long grain = grains.First; grain < grains.End; grain++)
            {
                if (!_maps.MayOverwrite(mode, grain, localIsEnough))
                {
                    _gate.Exit(ticket);
                    return Obstacle.Uncopied;
                }
            }
        }

        for (long grain = grains.First; grain < grains.End; grain++)
        {
            _maps.Mark(mode, grain);
        }

        _accesses?.Note(offsetBytes);
        return Obstacle.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreHot(long offsetBytes, long lengthBytes)
    {
        long lastRegion = _log.RegionAt(offsetBytes + lengthBytes - 1);
        for (long region = _log.RegionAt(offsetBytes); region <= lastRegion; region++)
        {
            if (!_log.TryUse(region) && !_faults.ForgetHotRegions)
            {
                return false;
            }
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask LeaveAfterAsync(ValueTask write, int ticket)
    {
        try
        {
            await write;
        }
        finally
        {
            _gate.Exit(ticket);
        }
    }

    private bool IsInside(long offsetBytes, long lengthBytes) =>
        ((offsetBytes | lengthBytes) & (BlockGeometry.SectorBytes - 1)) == 0
        && offsetBytes >= 0 && lengthBytes >= 0 && offsetBytes <= _geometry.LengthBytes - lengthBytes;

    private void ThrowIfRefused()
    {
        if (Refusal is { } refusal)
        {
            throw new BlockDeviceException(BlockDeviceFault.ReadOnly, refusal);
        }
    }

    private enum Obstacle
    {
        None,
        GateClosed,
        ColdRegion,
        Uncopied,
    }
}

using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// The committed image (F-15, figure 8): a grain is read from D where it was copied and from C where it was not. After a recovery it is writable at once (F-16): a write
/// to a grain that is not on D yet restores it first, durably, so that the background copy never overwrites what a host wrote.
/// </summary>
internal sealed class CommittedImage : IBlockDevice
{
    private const long PieceBytes = 64 << 20;

    private readonly TargetMaps _maps;
    private readonly IBlockDevice _intermediate;
    private readonly IBlockDevice _target;
    private readonly EpochGate _readers;
    private readonly SecondFlashcopy _second;
    private readonly ControlFlow _control;
    private readonly MirrorFaults _faults;
    private readonly bool _isWritable;

    public CommittedImage(
        TargetMaps maps, IBlockDevice intermediate, IBlockDevice target, EpochGate readers, SecondFlashcopy second, ControlFlow control, MirrorFaults faults, bool isWritable)
    {
        _maps = maps;
        _intermediate = intermediate;
        _target = target;
        _readers = readers;
        _second = second;
        _control = control;
        _faults = faults;
        _isWritable = isWritable;
        Geometry = target.Geometry with { LengthBytes = maps.Geometry.LengthBytes };
    }

    /// <inheritdoc/>
    public BlockGeometry Geometry { get; }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int ticket;
        while (!_readers.TryEnter(out ticket))
        {
            await _readers.WaitOpenAsync();
        }

        try
        {
            for (int done = 0; done < buffer.Length;)
            {
                long at = offsetBytes + done;
                int piece = (int)Math.Min(buffer.Length - done, RunLength(at, buffer.Length - done, out bool onTarget));
                await (onTarget ? _target : _intermediate).ReadAsync(at, buffer.Slice(done, piece), cancellationToken);
                done += piece;
            }
        }
        finally
        {
            _readers.Exit(ticket);
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        GrainRange grains = Writable(offsetBytes, data.Length);
        return _maps.Settled.AllSet(grains) || _faults.WriteUnrestoredGrains
            ? _target.WriteAsync(offsetBytes, data, options, cancellationToken)
            : RestoreAndWriteAsync(grains, offsetBytes, data, options, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        for (long done = 0; done < lengthBytes;)
        {
            long piece = Math.Min(lengthBytes - done, PieceBytes);
            GrainRange grains = Writable(offsetBytes + done, piece);
            if (!_maps.Settled.AllSet(grains))
            {
                await _control.InvokeAsync(() => _second.SettleAsync(grains));
            }

            await _target.WriteZeroesAsync(offsetBytes + done, piece, options, cancellationToken);
            done += piece;
        }
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => _target.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        long run = Math.Min(lengthBytes, RunLength(offsetBytes, lengthBytes, out bool onTarget));
        return (onTarget ? _target : _intermediate).FindExtentAsync(offsetBytes, run, cancellationToken);
    }

    /// <summary>Does nothing: the pair owns the storages.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask RestoreAndWriteAsync(
        GrainRange grains, long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        await _control.InvokeAsync(() => _second.SettleAsync(grains));
        await _target.WriteAsync(offsetBytes, data, options, cancellationToken);
    }

    private GrainRange Writable(long offsetBytes, long lengthBytes)
    {
        if (!_isWritable)
        {
            throw new BlockDeviceException(
                BlockDeviceFault.ReadOnly, "The target of a running pair is read-only. Invoke-MirrorRecovery makes its last committed point writable.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, _maps.Geometry.LengthBytes - lengthBytes);
        return _maps.Geometry.Covering(offsetBytes, lengthBytes);
    }

    // How far the bytes at an offset lie on the same storage.
    private long RunLength(long offsetBytes, long lengthBytes, out bool onTarget)
    {
        long grain = _maps.Geometry.GrainAt(offsetBytes);
        onTarget = _maps.Copied[grain];
        long last = _maps.Geometry.GrainAt(offsetBytes + lengthBytes - 1);
        long end = grain + 1;
        while (end <= last && _maps.Copied[end] == onTarget)
        {
            end++;
        }

        return Math.Min(_maps.Geometry.OffsetOf(end), _maps.Geometry.LengthBytes) - offsetBytes;
    }
}

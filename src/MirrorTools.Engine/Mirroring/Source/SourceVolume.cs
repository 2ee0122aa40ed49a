using System.Runtime.CompilerServices;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// What hosts see of a mirrored source: the storage A behind the write path of figure 7 (steps 150 to 157) and of. A write that meets nothing in its way, in a hot region, passes
/// without a lock or an allocation and waits for the storage alone.
/// </summary>
public sealed class SourceVolume : IBlockDevice
{
    private readonly IBlockDevice _device;
    private readonly GrainGeometry _geometry;
    private readonly WriteAdmission _admission;
    private readonly SlowWrites _slow;
    private readonly Action<long>? _accessed;
    private string? _refusal;

    internal SourceVolume(
        ISourceService service, GrainGeometry geometry, WriteGate gate, DirtyRegionLog log, TimeProvider time)
    {
        _device = service.Volume;
        _geometry = geometry;
        _accessed = service.Accessed;
        _admission = service.Admission;
        _slow = new SlowWrites(_device, geometry, _admission, gate.LongWrites, log, service.Barrier, ThrowIfRefused, time);
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
        _accessed?.Invoke(offsetBytes);
        return _device.ReadAsync(offsetBytes, buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        if (data.Length == 0)
        {
            return ValueTask.CompletedTask;
        }

        if (Refusal is not null || !IsInside(offsetBytes, data.Length) || _admission.TryBegin(offsetBytes, data.Length, false, out int ticket) != WriteObstacle.None)
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
            _admission.Leave(ticket, offsetBytes, data.Length);
            throw;
        }

        if (write.IsCompletedSuccessfully)
        {
            write.GetAwaiter().GetResult();
            _admission.Leave(ticket, offsetBytes, data.Length);
            return ValueTask.CompletedTask;
        }

        return LeaveAfterAsync(write, ticket, offsetBytes, data.Length);
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

        await _slow.WriteAsync(offsetBytes, data, lengthBytes, options, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask LeaveAfterAsync(ValueTask write, int ticket, long offsetBytes, int lengthBytes)
    {
        try
        {
            await write;
        }
        finally
        {
            _admission.Leave(ticket, offsetBytes, lengthBytes);
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
}

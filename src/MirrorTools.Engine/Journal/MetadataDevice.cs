using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// The device under a metadata file: one operation at a time, and a latch. A flush that failed is never retried as if it had worked (P-2): from then on
/// every write and flush fails until the file is opened anew and read again.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="name">What the device holds, for messages.</param>
internal sealed class MetadataDevice(IBlockDevice device, string name = "metadata file")
{
    private readonly SerialGate _gate = new();
    private Exception? _flushFailure;

    public IBlockDevice Device => device;

    /// <summary>Called after a flush that worked, with the gate held: what was written before it is durable now.</summary>
    public Action? Flushed { get; set; }

    /// <summary>Waits for the turn to write.</summary>
    /// <exception cref="BlockDeviceException">An earlier flush failed.</exception>
    public async ValueTask<SerialGate.Turn> EnterAsync(CancellationToken cancellationToken)
    {
        SerialGate.Turn turn = await _gate.EnterAsync(cancellationToken);
        if (_flushFailure is { } failure)
        {
            turn.Dispose();
            throw new BlockDeviceException(
                BlockDeviceFault.FlushFailed,
                $"An earlier flush of the {name} failed, so what it holds is unknown; the pair must be opened anew (Resume-MirrorPair).",
                failure);
        }

        return turn;
    }

    /// <summary>Flushes; the caller has the turn.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await device.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _flushFailure = e;
            throw;
        }

        Flushed?.Invoke();
    }

    /// <inheritdoc cref="BlockReading.ReadBlocksAsync(IBlockDevice, long, Memory{byte}, Func{ReadOnlyMemory{byte}, bool}, CancellationToken)"/>
    public ValueTask ReadBlocksAsync(long offsetBytes, Memory<byte> buffer, Func<ReadOnlyMemory<byte>, bool> isSound, CancellationToken cancellationToken) =>
        device.ReadBlocksAsync(offsetBytes, buffer, isSound, cancellationToken);
}

using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Target;

/// <summary>
/// What a committed point looks like: a grain that the secondary has newer is read from the area of preserved grains, any other one from the secondary. Read-only; from any
/// thread. A look-up is inside the gate of the readers: what it saw stays true until the reader leaves.
/// </summary>
/// <param name="geometry">The volume's grains.</param>
/// <param name="secondary">The secondary.</param>
/// <param name="area">The preserved grains.</param>
/// <param name="areaDevice">Where they are.</param>
/// <param name="readers">The gate.</param>
/// <param name="layer">The point's layer, as it is when it is asked for.</param>
internal sealed class LayeredImage(
    GrainGeometry geometry, IBlockDevice secondary, PreservedArea area, IBlockDevice areaDevice, EpochGate readers, Func<ulong> layer) : IBlockDevice
{
    /// <inheritdoc/>
    public BlockGeometry Geometry { get; } = secondary.Geometry with { LengthBytes = geometry.LengthBytes };

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int ticket = await EnterAsync();
        try
        {
            ulong point = layer();
            for (int done = 0; done < buffer.Length;)
            {
                done += await PreservedReading.ReadAsync(
                    geometry, offsetBytes + done, buffer[done..], grain => TryFind(point, grain, out PreservedPlace place) ? place : null, secondary, areaDevice, cancellationToken);
            }
        }
        finally
        {
            readers.Exit(ticket);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        int ticket = await EnterAsync();
        try
        {
            ulong point = layer();
            long grain = geometry.GrainAt(offsetBytes);
            long last = geometry.GrainAt(offsetBytes + lengthBytes - 1);
            bool isPreserved = TryFind(point, grain, out PreservedPlace place);
            long end = grain + 1;
            while (end <= last && !isPreserved && !TryFind(point, end, out _))
            {
                end++;
            }

            long run = Math.Min(lengthBytes, geometry.OffsetOf(end) - offsetBytes);
            return !isPreserved ? await secondary.FindExtentAsync(offsetBytes, run, cancellationToken)
                : new BlockExtent(run, place.IsZeros ? ExtentKind.Zero : ExtentKind.Data);
        }
        finally
        {
            readers.Exit(ticket);
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken) => throw ReadOnly();

    /// <inheritdoc/>
    public ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken) => throw ReadOnly();

    /// <summary>Does nothing: nothing was written.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Does nothing: the pair owns the storages.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Before the first commit there is no layer, and the image is what the secondary holds.
    private bool TryFind(ulong point, long grain, out PreservedPlace place)
    {
        place = default;
        return point != 0 && area.TryFind(point, grain, out place);
    }

    private async ValueTask<int> EnterAsync()
    {
        int ticket;
        while (!readers.TryEnter(out ticket))
        {
            await readers.WaitOpenAsync();
        }

        return ticket;
    }

    private static BlockDeviceException ReadOnly() =>
        new(BlockDeviceFault.ReadOnly, "The target of a running pair is read-only. Invoke-MirrorRecovery makes its last committed point writable.");
}

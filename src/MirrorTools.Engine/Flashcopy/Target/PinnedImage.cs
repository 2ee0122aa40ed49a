using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>What a pinned point looks like (F-28): kept grains from the pin's storage, replaced ones from D, all others from the committed image (F-15).</summary>
internal sealed class PinnedImage(KeptPoint pin, TargetMaps maps, IBlockDevice intermediate, IBlockDevice target, EpochGate readers) : IBlockDevice
{
    /// <inheritdoc/>
    public BlockGeometry Geometry { get; } = target.Geometry with { LengthBytes = maps.Geometry.LengthBytes };

    /// <inheritdoc/>
    public async ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (int done = 0; done < buffer.Length;)
        {
            int ticket = await EnterAsync();
            try
            {
                long at = offsetBytes + done;
                (IBlockDevice from, long run) = Find(at, buffer.Length - done);
                await from.ReadAsync(at, buffer.Slice(done, (int)run), cancellationToken);
                done += (int)run;
            }
            finally
            {
                readers.Exit(ticket);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        int ticket = await EnterAsync();
        try
        {
            (IBlockDevice from, long run) = Find(offsetBytes, lengthBytes);
            return await from.FindExtentAsync(offsetBytes, run, cancellationToken);
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

    /// <summary>Does nothing: the pin owns what it keeps.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<int> EnterAsync()
    {
        int ticket;
        while (!readers.TryEnter(out ticket))
        {
            await readers.WaitOpenAsync();
        }

        return ticket;
    }

    // The place of the bytes at an offset, and how far they lie there. A look-up is inside the gate: what it saw stays true until the reader leaves.
    private (IBlockDevice From, long RunBytes) Find(long offsetBytes, long lengthBytes)
    {
        pin.ThrowIfLost();
        GrainGeometry geometry = maps.Geometry;
        long grain = geometry.GrainAt(offsetBytes);
        long last = geometry.GrainAt(offsetBytes + lengthBytes - 1);
        IBlockDevice place = PlaceOf(grain);
        long end = grain + 1;
        while (end <= last && PlaceOf(end) == place)
        {
            end++;
        }

        return (place, Math.Min(lengthBytes, geometry.OffsetOf(end) - offsetBytes));
    }

    private IBlockDevice PlaceOf(long grain) =>
        pin.Kept is { } kept && kept[grain] ? pin.Storage
        : (pin.Replaced is { } replaced && replaced[grain]) || maps.Copied[grain] ? target
        : intermediate;

    private static BlockDeviceException ReadOnly() =>
        new(BlockDeviceFault.ReadOnly, "A committed point is read-only. Invoke-MirrorRecovery makes the last one writable.");
}

using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>The recovered image, readable and writable at once: a grain that is undone lies on the secondary, any other one where it was preserved. From any thread.</summary>
/// <param name="geometry">The volume's grains.</param>
/// <param name="secondary">The secondary.</param>
/// <param name="area">Where preserved grains are.</param>
/// <param name="settling">Undoes; says what is undone.</param>
/// <param name="find">A grain's place in the area.</param>
/// <param name="control">The pair's scheduler.</param>
/// <param name="ignoresUndone">The simulation's deliberate fault of writes that do not wait.</param>
internal sealed class RestoringImage(
    GrainGeometry geometry, IBlockDevice secondary, IBlockDevice area, GrainSettling settling, Func<long, PreservedPlace?> find, ControlFlow control, bool ignoresUndone) : IBlockDevice
{
    private const long PieceBytes = 64 << 20;

    /// <inheritdoc/>
    public BlockGeometry Geometry { get; } = secondary.Geometry with { LengthBytes = geometry.LengthBytes };

    /// <inheritdoc/>
    public ValueTask ReadAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken) =>
        settling.Settled.AllSet(geometry.Covering(offsetBytes, buffer.Length))
            ? secondary.ReadAsync(offsetBytes, buffer, cancellationToken)
            : ReadPiecesAsync(offsetBytes, buffer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        GrainRange grains = Inside(offsetBytes, data.Length);
        return settling.Settled.AllSet(grains) || ignoresUndone
            ? secondary.WriteAsync(offsetBytes, data, options, cancellationToken)
            : UndoAndWriteAsync(grains, offsetBytes, data, options, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask WriteZeroesAsync(long offsetBytes, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        for (long done = 0; done < lengthBytes;)
        {
            long piece = Math.Min(lengthBytes - done, PieceBytes);
            GrainRange grains = Inside(offsetBytes + done, piece);
            if (!settling.Settled.AllSet(grains))
            {
                await control.InvokeAsync(() => settling.SettleAsync(grains));
            }

            await secondary.WriteZeroesAsync(offsetBytes + done, piece, options, cancellationToken);
            done += piece;
        }
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => secondary.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BlockExtent> FindExtentAsync(long offsetBytes, long lengthBytes, CancellationToken cancellationToken)
    {
        GrainRange grains = geometry.Covering(offsetBytes, lengthBytes);
        if (settling.Settled[grains.First])
        {
            long end = Math.Min(settling.Settled.RunEnd(grains.First), grains.End);
            return secondary.FindExtentAsync(offsetBytes, Math.Min(lengthBytes, geometry.OffsetOf(end) - offsetBytes), cancellationToken);
        }

        return ValueTask.FromResult(new BlockExtent(Math.Min(lengthBytes, geometry.OffsetOf(grains.First + 1) - offsetBytes), ExtentKind.Data));
    }

    /// <summary>Does nothing: the pair owns the storages.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // A grain that is undone meanwhile is the same in both places, and its slot is not used again while this side is the source.
    private async ValueTask ReadPiecesAsync(long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        for (int done = 0; done < buffer.Length;)
        {
            done += await PreservedReading.ReadAsync(
                geometry, offsetBytes + done, buffer[done..], grain => settling.Settled[grain] ? null : find(grain), secondary, area, cancellationToken);
        }
    }

    private async ValueTask UndoAndWriteAsync(
        GrainRange grains, long offsetBytes, ReadOnlyMemory<byte> data, WriteOptions options, CancellationToken cancellationToken)
    {
        await control.InvokeAsync(() => settling.SettleAsync(grains));
        await secondary.WriteAsync(offsetBytes, data, options, cancellationToken);
    }

    private GrainRange Inside(long offsetBytes, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, geometry.LengthBytes - lengthBytes);
        return geometry.Covering(offsetBytes, lengthBytes);
    }
}

using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>Host writes that can't go ahead at once, or in one request: each piece waits for what is in its way and looks again (F-2, F-6, F-18).</summary>
/// <param name="device">The storage A.</param>
/// <param name="geometry">Its grains.</param>
/// <param name="admission">Says what is in the way.</param>
/// <param name="longWrites">Held by a write of several requests, so that no point falls between them.</param>
/// <param name="log">Says how much goes in one request.</param>
/// <param name="barrier">Where writes to uncopied grains wait.</param>
/// <param name="throwIfRefused">Ends the writes of hosts that are served no more (P-6).</param>
/// <param name="time">The clock.</param>
internal sealed class SlowWrites(
    IBlockDevice device, GrainGeometry geometry, WriteAdmission admission, EpochGate longWrites, DirtyRegionLog log, IUncopiedBarrier barrier, Action throwIfRefused, TimeProvider time)
{
    // Zeroes come in ranges of any length, and leave slots for others.
    private const int ZeroedRegions = 16;

    /// <summary>Writes data, or zeros where there is none.</summary>
    public async ValueTask WriteAsync(
        long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        if (PieceAt(offsetBytes, lengthBytes, data) == lengthBytes)
        {
            await WritePieceAsync(offsetBytes, data, lengthBytes, options, isWhole: true, cancellationToken);
            return;
        }

        int ticket;
        while (!longWrites.TryEnter(out ticket))
        {
            await longWrites.WaitOpenAsync().WithDeadline(Timeout.InfiniteTimeSpan, time, cancellationToken);
        }

        try
        {
            await WriteInPiecesAsync(offsetBytes, data, lengthBytes, options, cancellationToken);
        }
        finally
        {
            longWrites.Exit(ticket);
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
        data.IsEmpty ? log.PieceAt(offsetBytes, lengthBytes, ZeroedRegions) : log.PieceAt(offsetBytes, lengthBytes);

    private async ValueTask WritePieceAsync(
        long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, bool isWhole, CancellationToken cancellationToken)
    {
        bool localIsEnough = false;
        while (true)
        {
            throwIfRefused();
            switch (admission.TryBegin(offsetBytes, lengthBytes, localIsEnough, out int ticket))
            {
                case WriteObstacle.None:
                    await StoreAndLeaveAsync(ticket, offsetBytes, data, lengthBytes, options, cancellationToken);
                    return;
                case WriteObstacle.GateClosed:
                    await admission.WaitOpenAsync(cancellationToken);
                    break;
                case WriteObstacle.ColdRegion:
                    await admission.MarkHotAsync(offsetBytes, lengthBytes, cancellationToken);
                    break;
                case WriteObstacle.Uncopied:
                    CopyGrant grant = await barrier.AwaitCopiedAsync(geometry.Covering(offsetBytes, lengthBytes), isWhole, cancellationToken);
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
            int ticket = await admission.BeginBeforePointAsync(offsetBytes, lengthBytes, cancellationToken);
            await StoreAndLeaveAsync(ticket, offsetBytes, data, lengthBytes, options, cancellationToken);
        }
        finally
        {
            barrier.EndedBeforePoint();
        }
    }

    private async ValueTask StoreAndLeaveAsync(
        int ticket, long offsetBytes, ReadOnlyMemory<byte> data, long lengthBytes, WriteOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await (data.IsEmpty
                ? device.WriteZeroesAsync(offsetBytes, lengthBytes, options, cancellationToken)
                : device.WriteAsync(offsetBytes, data, options, cancellationToken));
        }
        finally
        {
            admission.Leave(ticket, offsetBytes, lengthBytes);
        }
    }
}

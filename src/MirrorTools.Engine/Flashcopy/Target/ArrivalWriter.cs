using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// Writes an uncommitted point's grains into C (F-14): only where D has the committed content durably and the region's hot mark is durable; otherwise the grain waits, held
/// by the link's credit, which bounds the log of waiting arrivals.
/// </summary>
internal sealed class ArrivalWriter(SecondCore core)
{
    private const int RegionsPerPiece = 32;

    private readonly WorkUnderWay _arrivals = new();

    /// <summary>Grains written into C since the process began.</summary>
    public long ReceivedGrains { get; private set; }

    /// <summary>Raised when C or the log failed.</summary>
    public Action<Pairs.SuspendReason, Exception>? Failed { get; set; }

    /// <summary>Completes when no arrival is under way.</summary>
    public Task WhenIdle() => _arrivals.WhenIdle();

    /// <summary>Takes one run of grains and acknowledges it; owns the message.</summary>
    public async Task TakeAsync(IPeerChannel channel, ReceivedMessage received)
    {
        _arrivals.Enter();
        PeerMessage message = received.Message;
        GrainRange grains = new(message.FirstGrain, message.GrainCount);
        try
        {
            if (message.Kind != MirrorMessage.ZeroGrains || !await AreZerosAlreadyAsync(grains))
            {
                await WriteInPiecesAsync(grains, received.Payload);
            }

            ReceivedGrains += grains.Count;
            await channel.SendAsync(
                new PeerMessage(MirrorMessage.Acknowledge, 0, 0, message.Point, grains.First, grains.Count, Guid.Empty), default, CancellationToken.None);
        }
        catch (LinkClosedException)
        {
            // Not acknowledged: site 1 sends it again over the next session.
        }
        catch (Journal.DirtyRegionLogException exception)
        {
            Failed?.Invoke(Pairs.SuspendReason.RemoteMetadataFailed, exception);
        }
        catch (IOException exception)
        {
            Failed?.Invoke(Pairs.SuspendReason.SecondIntermediateFailed, exception);
        }
        finally
        {
            received.Dispose();
            _arrivals.Leave();
        }
    }

    /// <summary>
    /// Puts into C what D holds, where the two are to agree and were found to differ. The committed image does not change by it, so there is no future mark; what was lost there is not
    /// missed any more.
    /// </summary>
    /// <param name="grains">Grains of D that are committed there, and that C holds nothing newer of.</param>
    /// <param name="content">What D holds.</param>
    /// <exception cref="IOException">C, the log or the copy to D failed.</exception>
    public async Task AlignAsync(GrainRange grains, ReadOnlyMemory<byte> content)
    {
        _arrivals.Enter();
        try
        {
            await core.Second.SettleAsync(grains);
            long offset = core.Maps.Geometry.OffsetOf(grains.First);
            int ticket = await EnterHotAsync(offset, content.Length);
            try
            {
                await (content.Span.ContainsAnyExcept((byte)0)
                    ? core.Intermediate.WriteAsync(offset, content, WriteOptions.None, CancellationToken.None)
                    : core.Intermediate.WriteZeroesAsync(offset, content.Length, WriteOptions.MayUnmap, CancellationToken.None));
                core.Maps.Future.ClearRange(grains);
                core.Maps.Lost.ClearRange(grains);
                core.Maps.Touched(grains);
            }
            finally
            {
                core.Arrivals.Exit(ticket);
            }
        }
        finally
        {
            _arrivals.Leave();
        }
    }

    // Where neither C nor D holds anything and D has the committed grains, zeros change nothing: no image, before or after the commit, can tell the difference.
    // So the first copy of a sparse volume costs its data, not its size.
    private async Task<bool> AreZerosAlreadyAsync(GrainRange grains)
    {
        if (!core.Maps.Settled.AllSet(grains) || !core.Maps.Future.NoneSet(grains))
        {
            return false;
        }

        long offset = core.Maps.Geometry.OffsetOf(grains.First);
        long length = core.Maps.Geometry.LengthOf(grains);
        BlockExtent intermediate = await core.Intermediate.FindExtentAsync(offset, length, CancellationToken.None);
        if (intermediate.Kind == ExtentKind.Data || intermediate.LengthBytes < length)
        {
            return false;
        }

        BlockExtent target = await core.Parts.Volume.FindExtentAsync(offset, length, CancellationToken.None);
        return target.Kind != ExtentKind.Data && target.LengthBytes >= length;
    }

    // A long run goes some regions at a time, so that it never needs more hot marks than the log has.
    private async Task WriteInPiecesAsync(GrainRange grains, ReadOnlyMemory<byte> payload)
    {
        GrainGeometry geometry = core.Maps.Geometry;
        long length = geometry.LengthOf(grains);
        for (long done = 0; done < length;)
        {
            long offset = geometry.OffsetOf(grains.First) + done;
            long piece = core.Log.PieceAt(offset, length - done, RegionsPerPiece);
            await WriteAsync(geometry.Covering(offset, piece), payload.IsEmpty ? payload : payload.Slice((int)done, (int)piece));
            done += piece;
        }
    }

    private async Task WriteAsync(GrainRange grains, ReadOnlyMemory<byte> payload)
    {
        GrainGeometry geometry = core.Maps.Geometry;
        long offset = geometry.OffsetOf(grains.First);
        long length = geometry.LengthOf(grains);
        if (!core.Parts.Faults.OverwriteUnsettledGrains)
        {
            await core.Second.SettleAsync(grains);
        }

        int ticket = await EnterHotAsync(offset, length);
        try
        {
            core.Maps.Future.SetRange(grains);
            core.Maps.Touched(grains);
            await (payload.IsEmpty
                ? core.Intermediate.WriteZeroesAsync(offset, length, WriteOptions.MayUnmap, CancellationToken.None)
                : core.Intermediate.WriteAsync(offset, payload, WriteOptions.None, CancellationToken.None));
            if (!core.Maps.Lost.NoneSet(grains))
            {
                // A page may have been written meanwhile: read after a commit, it would leave these grains out of the point.
                core.Maps.Lost.ClearRange(grains);
                core.Maps.Touched(grains);
            }
        }
        finally
        {
            core.Arrivals.Exit(ticket);
        }
    }

    private async Task<int> EnterHotAsync(long offset, long length)
    {
        long first = core.Log.RegionAt(offset);
        long last = core.Log.RegionAt(offset + length - 1);
        while (true)
        {
            if (core.Arrivals.TryEnter(out int ticket))
            {
                long region = first;
                while (region <= last && core.Log.TryUse(region))
                {
                    region++;
                }

                if (region > last || core.Parts.Faults.ForgetHotRegions)
                {
                    return ticket;
                }

                core.Arrivals.Exit(ticket);
                await core.Log.MarkSequentiallyAsync(first, last, CancellationToken.None);
            }
            else
            {
                await core.Arrivals.WaitOpenAsync().WithDeadline(core.Parts.Options.GateDeadline, core.Time, CancellationToken.None);
            }
        }
    }
}

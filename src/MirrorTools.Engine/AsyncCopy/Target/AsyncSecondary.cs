using System.Buffers;
using System.Security.Cryptography;
using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Target;

/// <summary>
/// Asynchronous copy at site 2: what arrives goes into the secondary [122] at once, and grains of the last committed point go into the target's area [126] before
/// they are overwritten. A commit is a new, empty layer there, whatever the volume's size.
/// </summary>
internal sealed class AsyncSecondary : ITargetService
{
    private readonly TargetOpening _opening;
    private readonly PreservedArea _area;
    private readonly EpochGate _readers;
    private readonly GrainSettling _settling;
    private readonly SecondaryWriter _writer;
    private Action<SuspendReason, Exception> _failed = null!;
    private TargetCore _core = null!;
    private ImageRenewal _renewal = null!;
    private KeptLayers _layers = null!;
    private ulong _layer;
    private long _hashedThrough;
    private bool _isFlushed;

    private AsyncSecondary(TargetOpening opening, PreservedArea area)
    {
        (_opening, _area) = (opening, area);
        _readers = new EpochGate(opening.Parts.Time);
        _layer = opening.Record.LastCommitted.IsNone ? 0 : opening.Record.TargetEpoch;
        _settling = new GrainSettling(Safe(), opening.Geometry, batch => _layers.PreserveAsync(batch, Secondary), opening.Parts.Options, opening.Parts.Time)
        {
            Purpose = "The keeping of the last committed point's grains",
            Failed = exception => _failed(exception is TransferReadException ? SuspendReason.TargetFailed : SuspendReason.SecondIntermediateFailed, exception),
        };
        _writer = new SecondaryWriter(opening.Geometry, Secondary, _settling, opening.Parts.Faults) { Failed = exception => _failed(SuspendReason.TargetFailed, exception) };
        Image = new LayeredImage(opening.Geometry, Secondary, area, opening.Parts.Intermediate, _readers, () => _layer);
    }

    /// <summary>The preserved grains.</summary>
    public PreservedArea Area => _area;

    /// <inheritdoc/>
    public IBlockDevice Image { get; }

    /// <inheritdoc/>
    public SuspendReason ArrivalsPart => SuspendReason.TargetFailed;

    /// <inheritdoc/>
    public bool TakesParts => true;

    /// <inheritdoc/>
    public GrainMap? Lost => null;

    /// <inheritdoc/>
    public long UncopiedGrains => 0;

    /// <inheritdoc/>
    public long FutureGrains => _area.Newest.CountSet();

    /// <inheritdoc/>
    public long ReceivedGrains => _writer.ReceivedGrains;

    private IBlockDevice Secondary => _opening.Parts.Volume;

    /// <summary>Brings the service back from its metadata.</summary>
    public static async Task<ITargetService> OpenAsync(TargetOpening opening)
    {
        ulong[] layers = opening.Record.LastCommitted.IsNone ? [] : [.. opening.Record.RetainedPoints.Select(opening.Record.TargetEpochOf), opening.Record.TargetEpoch];
        PreservedArea area = await PreservedArea.OpenAsync(opening.Parts.Intermediate, opening.Store.Identity.PairId, opening.Geometry, layers);
        return new AsyncSecondary(opening, area);
    }

    /// <inheritdoc/>
    public void Bind(TargetCore core, TargetPoint point, Action<SuspendReason, Exception> failed)
    {
        (_core, _failed) = (core, failed);
        _layers = new KeptLayers(core, _area, _readers);
        _renewal = new ImageRenewal(core, _readers, () => core.Record.LastCommitted.IsNone || _layer == core.Record.TargetEpoch);
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        Task preserving = _core.Flows.WatchAsync(_settling.RunAsync());
        await _writer.RunAsync();
        await preserving;
    }

    /// <inheritdoc/>
    public void Stop()
    {
        _settling.Stop();
        _writer.Stop();
    }

    /// <inheritdoc/>
    public Task WhenIdle() => _writer.WhenIdle();

    /// <inheritdoc/>
    public bool Takes(ulong named, TargetState state, ulong current) => state switch
    {
        TargetState.Waiting or TargetState.Receiving => true,
        TargetState.Faulted or TargetState.Recovered => false,

        // From the preparation to the choice nothing newer is taken; dropped in silence it would be waited for.
        _ => throw new LinkClosedException(LinkCloseReason.ProtocolViolation, "Site 1 sent grains while a point was being decided."),
    };

    /// <inheritdoc/>
    public bool HoldsNewerThan(ulong point) => _writer.Newest > point;

    /// <inheritdoc/>
    public Task TakeAsync(IPeerChannel channel, ReceivedMessage received) => _writer.TakeAsync(channel, received);

    /// <inheritdoc/>
    public void OnConversation() => (_hashedThrough, _isFlushed) = (0, false);

    /// <inheritdoc/>
    public async Task<byte[]?> HashAsync(GrainRange grains)
    {
        byte[] hashes = new byte[grains.Count * SHA256.HashSizeInBytes];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(_opening.Geometry.GrainBytes);
        try
        {
            if (!_isFlushed)
            {
                // What is equal counts as durable from then on: not only what arrived, but what somebody wrote before the pair was opened.
                await Secondary.FlushAsync(CancellationToken.None);
                _isFlushed = true;
            }

            for (int i = 0; i < grains.Count; i++)
            {
                long grain = grains.First + i;
                Memory<byte> content = buffer.AsMemory(0, (int)_opening.Geometry.LengthOf(grain, 1));
                await Secondary.ReadAsync(_opening.Geometry.OffsetOf(grain), content, CancellationToken.None);
                SHA256.HashData(content.Span, hashes.AsSpan(i * SHA256.HashSizeInBytes));
            }

            return hashes;
        }
        catch (IOException exception)
        {
            _failed(SuspendReason.TargetFailed, exception);
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public void HashesSent(GrainRange grains)
    {
        _hashedThrough = grains.First == 0 || grains.First == _hashedThrough ? grains.End : 0;
        _core.IsCompared |= _hashedThrough == _opening.Geometry.GrainCount;
    }

    /// <inheritdoc/>
    public Task FlushArrivalsAsync() => Secondary.FlushAsync(CancellationToken.None).AsTask();

    /// <summary>There is nothing to be written: what is preserved is durable before the secondary changes.</summary>
    public Task PersistMapsAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public PairRecord WithCommit(PairRecord now, CommittedPoint committed)
    {
        // The one before the new one is in the record as the last but one.
        IEnumerable<ulong> older = now.RetainedPoints.Concat(now.RecentPoints.SkipLast(1).TakeLast(1).Select(static point => point.Number)).Distinct();

        // The new point was compared by hash where a storage was written behind the pair's back; those before it were not (P-5).
        HashSet<ulong> kept = now.NeedsComparison ? [] : [.. now.NamedPoints.Select(static named => named.Number)];
        kept.UnionWith(now.NeedsComparison ? [] : older.TakeLast(Math.Min(_core.Options.RetainPoints, PairRecord.MaximumRecentPoints) - 1));
        return now with { RetainedPoints = [.. older.Where(kept.Contains)] };
    }

    /// <inheritdoc/>
    public Task RenewAsync() => _renewal.RunAsync(() =>
    {
        _layer = _core.Record.TargetEpoch;
        _layers.Begin(_layer);
        _settling.Renew(Safe());
    });

    /// <inheritdoc/>
    public Task WhenImageIsCurrentAsync() => _renewal.WhenCurrentAsync();

    /// <inheritdoc/>
    public PinnedPoint Pin(CommittedPoint point)
    {
        LayerPin pin = _layers.Pin(point);
        pin.Image = new LayeredImage(_opening.Geometry, Secondary, _area, _opening.Parts.Intermediate, _readers, pin.LayerToRead);
        return pin;
    }

    /// <inheritdoc/>
    public bool RetainsPoints => true;

    /// <inheritdoc/>
    public Task RemovePointAsync(ulong point) => _layers.RemoveAsync(point);

    /// <inheritdoc/>
    public long CountToRestore(ulong point) => _area.HeldFrom(_core.Record.TargetEpochOf(point)).CountSet();

    /// <inheritdoc/>
    public Task PrepareRecoveryAsync() => _opening.Log.WriteCleanAsync(CancellationToken.None);

    /// <inheritdoc/>
    public Task CloseCleanlyAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public GrainMap Snapshot(TargetMapKind kind)
    {
        if (kind != TargetMapKind.Preserved)
        {
            throw new PairException(PairError.NoSuchMap, $"A pair of asynchronous copy has no map {kind}. Get-GrainBitmap -Map OutOfSync, ChangeRecording, Preserved shows what there is.");
        }

        GrainMap copy = new(_opening.Geometry.GrainCount, false);
        GrainMap.Or(copy, _area.Newest);
        return copy;
    }

    // Preserved, or with nothing committed yet: the secondary may be overwritten there.
    private GrainMap Safe()
    {
        GrainMap safe = new(_opening.Geometry.GrainCount, _layer == 0);
        GrainMap.Or(safe, _area.Newest);
        return safe;
    }
}

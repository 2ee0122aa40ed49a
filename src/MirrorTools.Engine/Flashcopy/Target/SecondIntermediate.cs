using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The flashcopy service at site 2 (figure 8): grains arrive in C, and what was committed is copied from there to D before C may lose it (F-13 to F-15).</summary>
internal sealed class SecondIntermediate : ITargetService
{
    private readonly SecondCore _parts;
    private readonly ArrivalWriter _arrivals;
    private readonly TargetComparison _comparison;
    private ImageRenewal _renewal = null!;
    private RegionUpkeep _upkeep = null!;
    private Task _second = Task.CompletedTask;
    private Action<SuspendReason, Exception> _failed = null!;

    private SecondIntermediate(TargetOpening opening, SecondCore parts)
    {
        _parts = parts;
        _arrivals = new ArrivalWriter(parts);
        _comparison = new TargetComparison(parts, _arrivals) { Failed = OnFailed };
        Image = new CommittedImage(parts.Maps, parts.Intermediate, parts.Parts.Volume, parts.Readers, parts.Second, opening.Control, parts.Parts.Faults, isWritable: false);
    }

    /// <inheritdoc/>
    public IBlockDevice Image { get; }

    /// <summary>The maps of site 2.</summary>
    public TargetMaps Maps => _parts.Maps;

    /// <summary>The dirty-region log of C.</summary>
    public DirtyRegionLog Log => _parts.Log;

    /// <inheritdoc/>
    public SuspendReason ArrivalsPart => SuspendReason.SecondIntermediateFailed;

    /// <inheritdoc/>
    public bool TakesParts => false;

    /// <inheritdoc/>
    public GrainMap? Lost => Maps.Lost;

    /// <inheritdoc/>
    public long UncopiedGrains => Maps.Geometry.GrainCount - Maps.Copied.CountSet();

    /// <inheritdoc/>
    public long FutureGrains => Maps.Future.CountSet();

    /// <inheritdoc/>
    public long ReceivedGrains => _arrivals.ReceivedGrains;

    /// <summary>Brings the service back from its metadata.</summary>
    public static async Task<ITargetService> OpenAsync(TargetOpening opening) => new SecondIntermediate(opening, await TargetLoader.OpenAsync(opening));

    /// <inheritdoc/>
    public void Bind(TargetCore core, TargetPoint point, Action<SuspendReason, Exception> failed)
    {
        _parts.Side = core;
        _failed = failed;
        _renewal = new ImageRenewal(core, _parts.Readers, () => _parts.Journal.Epoch == TargetJournal.EpochOf(core.Record));
        _arrivals.Failed = failed;
        _parts.Second.Failed = (part, exception) => failed(
            part switch
            {
                CopyBackFault.Intermediate => SuspendReason.SecondIntermediateFailed,
                CopyBackFault.Target => SuspendReason.TargetFailed,
                _ => SuspendReason.RemoteMetadataFailed,
            },
            exception);
        _upkeep = new RegionUpkeep(_parts.Regions, Log, core.Time, () => core.Parts.Options)
        {
            Failed = exception => failed(
                exception is SecondIntermediateException ? SuspendReason.SecondIntermediateFailed : SuspendReason.RemoteMetadataFailed, exception),
            IsAtRest = () => point.State is TargetState.Faulted or TargetState.Recovered,
        };
        Log.SlotsNeeded = () => core.Control.Post(() => _ = core.Flows.WatchAsync(_upkeep.MakeRoomAsync()));
        Log.Overflowed = () => core.Control.Post(_upkeep.Hasten);
        Log.PlaceFailed = OnPlaceFailed;
        foreach (LogPlaceFailure failure in Log.FailedPlaces)
        {
            OnPlaceFailed(failure);
        }

        _second = core.Flows.WatchAsync(_parts.Second.RunAsync());
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken stop)
    {
        await _upkeep.SettleAsync();
        await _upkeep.RunAsync(stop);
        await _second;
    }

    /// <inheritdoc/>
    public void Stop() => _parts.Second.Stop();

    /// <inheritdoc/>
    public Task WhenIdle() => _arrivals.WhenIdle();

    /// <inheritdoc/>
    public bool Takes(ulong named, TargetState state, ulong current) =>
        state == TargetState.Receiving && (named == current || _parts.Parts.Faults.AcceptStaleAcknowledgements);

    /// <inheritdoc/>
    public bool HoldsNewerThan(ulong point) => false;

    /// <inheritdoc/>
    public Task TakeAsync(IPeerChannel channel, ReceivedMessage received) => _arrivals.TakeAsync(channel, received);

    /// <inheritdoc/>
    public void OnConversation() => _comparison.Begin();

    /// <inheritdoc/>
    public Task<byte[]?> HashAsync(GrainRange grains) => _comparison.HashAsync(grains);

    /// <inheritdoc/>
    public void HashesSent(GrainRange grains) => _comparison.Sent(grains);

    /// <inheritdoc/>
    public Task FlushArrivalsAsync() => _parts.Intermediate.FlushAsync(CancellationToken.None).AsTask();

    /// <inheritdoc/>
    public Task PersistMapsAsync() => _parts.Journal.PersistAllAsync();

    /// <inheritdoc/>
    public PairRecord WithCommit(PairRecord now, CommittedPoint committed) => now;

    /// <inheritdoc/>
    public async Task RenewAsync()
    {
        GrainMap brought = null!;
        await _renewal.RunAsync(() =>
        {
            brought = Maps.Renew();
            _parts.Second.Pins.OnCommitted(brought);
            _parts.Journal.Epoch = TargetJournal.EpochOf(_parts.Side.Record);
        });
        _parts.Second.Enqueue(brought);
    }

    /// <inheritdoc/>
    public Task WhenImageIsCurrentAsync() => _renewal.WhenCurrentAsync();

    /// <inheritdoc/>
    public PinnedPoint Pin(CommittedPoint point)
    {
        TargetCore side = _parts.Side;
        KeptPoint pin = new(side.Control, _parts.Second.Pins, point, Maps, side.Parts.OpenKeptGrains);
        pin.Image = new PinnedImage(pin, Maps, _parts.Intermediate, side.Parts.Volume, _parts.Readers);
        _parts.Second.Pins.Add(pin);
        return pin;
    }

    /// <inheritdoc/>
    public bool RetainsPoints => false;

    /// <inheritdoc/>
    public long CountToRestore(ulong point) => UncopiedGrains;

    /// <inheritdoc/>
    public Task RemovePointAsync(ulong point) => throw new PairException(PairError.PointNotKept, $"Point {point} is not retained: a pair of the flashcopy service keeps the last committed one.");

    /// <inheritdoc/>
    public async Task PrepareRecoveryAsync()
    {
        await _parts.Journal.PersistAllAsync();
        await Log.WriteCleanAsync(CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task CloseCleanlyAsync() => _parts.Regions.CloseCleanlyAsync(_parts.Parts.Options.GateDeadline);

    /// <inheritdoc/>
    public GrainMap Snapshot(TargetMapKind kind)
    {
        GrainMap copy = new(Maps.Geometry.GrainCount, false);
        GrainMap.Or(copy, kind switch
        {
            TargetMapKind.Copied => Maps.Copied,
            TargetMapKind.Future => Maps.Future,
            _ => throw new PairException(PairError.NoSuchMap, $"A pair of the flashcopy service has no map {kind}. Get-GrainBitmap -Map Copied, Future shows what there is."),
        });
        return copy;
    }

    private void OnFailed(SuspendReason reason, Exception exception) => _failed(reason, exception);

    private void OnPlaceFailed(LogPlaceFailure failure) =>
        _parts.Side.Events.Report(PairEventId.DirtyRegionLogPlaceFailed, ("place", failure.Place), ("detail", failure.Cause.Message));
}

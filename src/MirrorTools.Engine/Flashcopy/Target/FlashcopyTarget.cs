using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// Site 2 of a cyclic incremental flashcopy pair: the second intermediate C, the target D and what was committed. May be called from any thread; the work happens
/// on the pair's scheduler.
/// </summary>
public sealed class FlashcopyTarget : IAsyncDisposable
{
    private readonly TargetCore _core;
    private readonly TargetPoint _point;
    private readonly ArrivalWriter _arrivals;
    private readonly TargetSession _session;
    private readonly RegionUpkeep _upkeep;
    private readonly TargetSettlement _settlement;
    private readonly LeadChoice _choice;
    private readonly TargetRecovery _recovery;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _second;
    private Task _background = Task.CompletedTask;

    private FlashcopyTarget(TargetCore core, GrainMap? differences)
    {
        _core = core;
        _arrivals = new ArrivalWriter(core) { Failed = OnFault };
        _point = new TargetPoint(core, _arrivals)
        {
            Failed = OnFault,
            Prepared = () => _settlement!.Begin(_stop.Token),
            Settled = (decision, point) => _session!.TellSettledAsync(decision, point),
        };
        _settlement = new TargetSettlement(core, _point);
        _choice = new LeadChoice(core, _point) { Failed = OnFault };
        Image = new CommittedImage(
            core.Maps, core.Intermediate, core.Parts.Volume, core.Readers, core.Second, core.Control, core.Parts.Faults, isWritable: false);
        _session = new TargetSession(core, _point, _arrivals, new TargetComparison(core, _arrivals) { Failed = OnFault }, differences) { Failed = OnFault };
        _recovery = new TargetRecovery(core, _point, _session, _settlement) { Stop = StopAsync };
        core.Second.Failed = (part, exception) => OnFault(
            part switch
            {
                CopyBackFault.Intermediate => SuspendReason.SecondIntermediateFailed,
                CopyBackFault.Target => SuspendReason.TargetFailed,
                _ => SuspendReason.RemoteMetadataFailed,
            },
            exception);
        _upkeep = new RegionUpkeep(core.Regions, core.Log, core.Time, () => core.Parts.Options)
        {
            Failed = exception => OnFault(
                exception is SecondIntermediateException ? SuspendReason.SecondIntermediateFailed : SuspendReason.RemoteMetadataFailed, exception),
            IsAtRest = () => _point.State is TargetState.Faulted or TargetState.Recovered,
        };
        core.Log.SlotsNeeded = () => core.Control.Post(() => _ = core.Flows.WatchAsync(_upkeep.MakeRoomAsync()));
        core.Log.Overflowed = () => core.Control.Post(_upkeep.Hasten);
        core.Log.PlaceFailed = OnPlaceFailed;
        foreach (LogPlaceFailure failure in core.Log.FailedPlaces)
        {
            OnPlaceFailed(failure);
        }

        core.Flows.Broken = exception => OnFault(SuspendReason.Failed, exception);
        _second = core.Flows.WatchAsync(core.Second.RunAsync());
    }

    /// <summary>The committed image, read-only (F-15). Reads fail with nothing to show until something was committed; ask <see cref="GetStatusAsync"/>.</summary>
    public IBlockDevice Image { get; }

    /// <summary>
    /// True where the committed image is not to be trusted: a storage of this side was written behind the pair's back, and no point was committed since everything was compared by hash.
    /// Cheap, from any thread.
    /// </summary>
    public bool IsDistrusted => _core.Record.NeedsComparison;

    /// <summary>The maps as they are, for a test that looks at each step.</summary>
    internal TargetMaps Maps => _core.Maps;

    /// <summary>The dirty-region log, for a test that looks at each step.</summary>
    internal DirtyRegionLog Log => _core.Log;

    /// <summary>What the agent keeps with the pair.</summary>
    public ReadOnlyMemory<byte> Definition => _core.Record.Definition;

    /// <summary>Creates the metadata of a new pair's site 2 (F-1).</summary>
    public static Task CreateAsync(FlashcopyParts parts, MetadataIdentity identity, PairRecord record) =>
        PairMetadata.CreateAsync(parts, identity, record);

    /// <summary>Opens site 2 from its metadata, cleanly closed or not.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read, or a page of the maps is corrupt: the committed image can't be told.</exception>
    public static Task<FlashcopyTarget> OpenAsync(FlashcopyParts parts) =>
        new ControlFlow(parts.Scheduler).InvokeAsync(() => TargetLoader.OpenAsync(parts, static (core, differences) => new FlashcopyTarget(core, differences).Start()));

    /// <summary>The state at this instant.</summary>
    public Task<TargetStatus> GetStatusAsync() => _core.Control.InvokeAsync(() => Task.FromResult(new TargetStatus
    {
        State = _point.State,
        Fault = _point.Fault,
        FaultDetail = _point.FaultDetail?.Detail,
        IsStorageFull = _point.FaultDetail is { IsFull: true },
        IsConnected = _session.IsConnected,
        AwaitsComparison = _core.AwaitsComparison,
        Point = _point.Point,
        LastCommitted = _core.Record.LastCommitted,
        RecentPoints = _core.Record.RecentPoints,
        Generations = _core.Record.Generations,
        UncopiedGrains = _core.Maps.Geometry.GrainCount - _core.Maps.Copied.CountSet(),
        FutureGrains = _core.Maps.Future.CountSet(),
        ReceivedGrains = _arrivals.ReceivedGrains,
    }));

    /// <summary>Gives this side a session's channel; it runs until the link is cut, and replaces the one before.</summary>
    public void Attach(IPeerChannel channel) => _core.Control.Post(() => _session.Attach(channel));

    /// <summary>A copy of a map, for <c>Get-GrainBitmap</c>.</summary>
    public Task<GrainMap> SnapshotAsync(TargetMapKind kind) => _core.Control.InvokeAsync(() =>
    {
        GrainMap copy = new(_core.Maps.Geometry.GrainCount, false);
        GrainMap.Or(copy, kind == TargetMapKind.Copied ? _core.Maps.Copied : _core.Maps.Future);
        return Task.FromResult(copy);
    });

    /// <summary>Keeps the last committed point as it is, to be read, until it is disposed of; commits go on (F-28).</summary>
    /// <exception cref="PairException">Nothing was committed yet, what was is not trusted, or a reader holds up the image of the newest point.</exception>
    public Task<PinnedPoint> PinAsync() => _core.Control.InvokeAsync(async () =>
    {
        await _point.WhenImageIsCurrentAsync();
        _recovery.ThrowIfNothingCommitted();
        _recovery.ThrowIfDistrusted();
        PinnedPoint pin = new(_core.Control, _core.Second.Pins, _core.Record.LastCommitted, _core.Maps, _core.Parts.OpenKeptGrains);
        pin.Image = new PinnedImage(pin, _core.Maps, _core.Intermediate, _core.Parts.Volume, _core.Readers);
        _core.Second.Pins.Add(pin);
        return pin;
    });

    /// <summary>
    /// Recovers (F-16): makes durable that the committed image is the source of a new generation. Afterwards this object is closed; open a
    /// <see cref="FlashcopySource"/> over the same parts, and hosts read and write the committed image at once, whatever its size.
    /// </summary>
    /// <param name="force">Recovers even though site 1 is connected, or the committed image is not trusted.</param>
    /// <exception cref="PairException">Nothing was committed yet, what was is not trusted, or site 1 is still reachable.</exception>
    public async Task<CommittedPoint> RecoverAsync(bool force)
    {
        CommittedPoint recovered = await _core.Control.InvokeAsync(() => _recovery.RunAsync(force));
        await DisposeAsync();
        return recovered;
    }

    /// <summary>This pair leads a group: what it chose about a point that another member has prepared (F-9).</summary>
    /// <param name="prepared">The point.</param>
    /// <param name="force">Gives it up where nothing is chosen yet.</param>
    public Task<PointDecision> DecisionOfAsync(PreparedPoint prepared, bool force) =>
        _core.Control.InvokeAsync(() => _choice.DecideAsync(prepared, _session.Announced, force));

    /// <summary>Writes what the agent keeps with the pair.</summary>
    public Task SetDefinitionAsync(ReadOnlyMemory<byte> definition) =>
        _core.Control.InvokeAsync(() => _core.ChangeRecordAsync(now => now with { Definition = definition }));

    /// <summary>Closes cleanly.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _core.Control.InvokeAsync(async () =>
        {
            await StopAsync();
            if (_point.State is not TargetState.Recovered and not TargetState.Faulted)
            {
                await CloseCleanlyAsync();
            }
        });
        await _core.Parts.Volume.DisposeAsync();
        await _core.Parts.Intermediate.DisposeAsync();
        await _core.Parts.Metadata.DisposeAsync();
        await _core.Parts.SecondLog.Device.DisposeAsync();
    }

    private async Task StopAsync()
    {
        _stop.Cancel();
        await _session.CloseAsync();
        _core.Second.Stop();
        await _second;
        await _point.GiveUpAsync(0);
        await _settlement.WhenIdle();
        await _background;
    }

    private FlashcopyTarget Start()
    {
        _background = _core.Flows.WatchAsync(RunBackgroundAsync());
        if (_point.State == TargetState.Prepared)
        {
            _settlement.Begin(_stop.Token);
        }

        return this;
    }

    private async Task RunBackgroundAsync()
    {
        await _upkeep.SettleAsync();
        await _upkeep.RunAsync(_stop.Token);
    }

    private async Task CloseCleanlyAsync()
    {
        try
        {
            await _core.Regions.CloseCleanlyAsync(_core.Parts.Options.GateDeadline);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            _core.Events.Report(PairEventId.MetadataFailed, ("detail", exception.Message));
        }
    }

    private void OnPlaceFailed(LogPlaceFailure failure) =>
        _core.Events.Report(PairEventId.DirtyRegionLogPlaceFailed, ("place", failure.Place), ("detail", failure.Cause.Message));

    private void OnFault(SuspendReason reason, Exception exception) => _core.Control.Post(() =>
    {
        if (_point.State is TargetState.Faulted or TargetState.Recovered || _stop.IsCancellationRequested)
        {
            return;
        }

        FaultText fault = FaultText.Of(exception);
        _point.BreakOff(reason, fault);
        _core.Second.Stop();
        PairEventId what = reason switch
        {
            SuspendReason.TargetFailed => PairEventId.TargetFailed,
            SuspendReason.SecondIntermediateFailed => PairEventId.SecondIntermediateFailed,
            SuspendReason.Failed => PairEventId.InvariantBroken,
            _ => PairEventId.MetadataFailed,
        };
        _core.Events.Report(what, ("detail", fault.Detail));
        if (fault.IsFull)
        {
            _core.Events.Report(PairEventId.StorageFull, ("part", reason), ("detail", fault.Detail));
        }

        _ = _session.TellFaultAsync(reason, fault);
    });
}

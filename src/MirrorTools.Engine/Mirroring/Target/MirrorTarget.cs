using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>
/// Site 2 of a pair: the copy, what its service keeps beside it, and what was committed. May be called from any thread; the work happens
/// on the pair's scheduler.
/// </summary>
public sealed class MirrorTarget : IAsyncDisposable
{
    private readonly TargetCore _core;
    private readonly TargetPoint _point;
    private readonly TargetSession _session;
    private readonly TargetSettlement _settlement;
    private readonly LeadChoice _choice;
    private readonly TargetRecovery _recovery;
    private readonly TargetPoints _points;
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;

    private MirrorTarget(TargetCore core, GrainMap? differences)
    {
        _core = core;
        _point = new TargetPoint(core)
        {
            Failed = OnFault,
            Prepared = () => _settlement!.Begin(_stop.Token),
            Settled = (decision, point) => _session!.TellSettledAsync(decision, point),
        };
        _settlement = new TargetSettlement(core, _point);
        _choice = new LeadChoice(core, _point) { Failed = OnFault };
        _session = new TargetSession(core, _point, differences) { Failed = OnFault };
        _points = new TargetPoints(core);
        _recovery = new TargetRecovery(core, _point, _points, _session, _settlement) { Stop = StopAsync };
        core.Flows.Broken = exception => OnFault(SuspendReason.Failed, exception);
        core.Service.Bind(core, _point, OnFault);
    }

    /// <summary>The committed image, read-only (F-15). Reads fail with nothing to show until something was committed; ask <see cref="GetStatusAsync"/>.</summary>
    public IBlockDevice Image => _core.Service.Image;

    /// <summary>
    /// True where the committed image is not to be trusted: a storage of this side was written behind the pair's back, and no point was committed since everything was compared by hash.
    /// Cheap, from any thread.
    /// </summary>
    public bool IsDistrusted => _core.Record.NeedsComparison;

    /// <summary>The copy service, for a test that looks at each step.</summary>
    internal ITargetService Service => _core.Service;

    /// <summary>What the agent keeps with the pair.</summary>
    public ReadOnlyMemory<byte> Definition => _core.Record.Definition;

    /// <summary>Creates the metadata of a new pair's site 2 (F-1).</summary>
    public static Task CreateAsync(MirrorParts parts, MetadataIdentity identity, PairRecord record) =>
        PairMetadata.CreateAsync(parts, identity, record);

    /// <summary>Opens site 2 from its metadata, cleanly closed or not.</summary>
    /// <exception cref="MetadataCorruptException">The metadata can't be read, or a page of the maps is corrupt: the committed image can't be told.</exception>
    public static Task<MirrorTarget> OpenAsync(MirrorParts parts) =>
        new ControlFlow(parts.Scheduler).InvokeAsync(async () =>
        {
            (TargetCore core, GrainMap? differences) = await TargetOpener.OpenAsync(parts);
            return new MirrorTarget(core, differences).Start();
        });

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
        RetainedPoints = _core.Record.RetainedPoints,
        NamedPoints = _core.Record.NamedPoints,
        Generations = _core.Record.Generations,
        UncopiedGrains = _core.Service.UncopiedGrains,
        FutureGrains = _core.Service.FutureGrains,
        ReceivedGrains = _core.Service.ReceivedGrains,
    }));

    /// <summary>Gives this side a session's channel; it runs until the link is cut, and replaces the one before.</summary>
    public void Attach(IPeerChannel channel) => _core.Control.Post(() => _session.Attach(channel));

    /// <summary>Sets policies; how many points are retained counts from the next commit on.</summary>
    public Task SetOptionsAsync(MirrorOptions options) => _core.Control.InvokeAsync(() =>
    {
        _core.Options = options;
        return Task.CompletedTask;
    });

    /// <summary>Gives up a retained point, and its name: its room goes to the point before it, or is free.</summary>
    /// <exception cref="PairException">It is not retained, somebody reads it, or it is the last committed one.</exception>
    public Task RemovePointAsync(ulong point) => _core.Control.InvokeAsync(() => _points.RemoveAsync(point));

    /// <summary>Gives a point a name, durably: the one under way, or a committed one that is kept. It is kept from then on until it is removed .</summary>
    /// <param name="point">Its number; one that is newer than the last committed one may not be known here yet. 0 only asks whether a point may have the name.</param>
    /// <param name="name">The name, which no other point has.</param>
    /// <exception cref="PairException">The point is not kept, the name is taken, or there are too many names.</exception>
    public Task NamePointAsync(ulong point, string name) => _core.Control.InvokeAsync(() => _points.NameAsync(point, name));

    /// <summary>How many grains a recovery to a committed point restores behind the hosts' backs.</summary>
    /// <exception cref="PairException">The point is not kept.</exception>
    public Task<long> CountToRestoreAsync(ulong point) => _core.Control.InvokeAsync(() => Task.FromResult(_core.Service.CountToRestore(_points.Find(point).Number)));

    /// <summary>A copy of a map, for <c>Get-GrainBitmap</c>.</summary>
    public Task<GrainMap> SnapshotAsync(TargetMapKind kind) => _core.Control.InvokeAsync(() => Task.FromResult(_core.Service.Snapshot(kind)));

    /// <summary>Keeps the last committed point as it is, to be read, until it is disposed of; commits go on (F-28).</summary>
    /// <exception cref="PairException">Nothing was committed yet, what was is not trusted, or a reader holds up the image of the newest point.</exception>
    public Task<PinnedPoint> PinAsync() => PinAsync(null);

    /// <summary>Keeps a committed point as it is, to be read, until it is disposed of; commits go on (F-28, A-10).</summary>
    /// <param name="point">The number of a point that is retained; null for the last committed one.</param>
    /// <exception cref="PairException">As <see cref="PinAsync()"/>; or the point is not kept.</exception>
    public Task<PinnedPoint> PinAsync(ulong? point) => _core.Control.InvokeAsync(async () =>
    {
        await _core.Service.WhenImageIsCurrentAsync();
        _recovery.ThrowIfNothingCommitted();
        _recovery.ThrowIfDistrusted();
        return _core.Service.Pin(_points.Find(point ?? _core.Record.LastCommitted.Number));
    });

    /// <summary>
    /// Recovers (F-16): makes durable that the committed image is the source of a new generation. Afterwards this object is closed; open a
    /// <see cref="MirrorSource"/> over the same parts, and hosts read and write the committed image at once, whatever its size.
    /// </summary>
    /// <param name="force">Recovers even though site 1 is connected, or the committed image is not trusted.</param>
    /// <param name="point">The number of a retained point whose image it is to be, every newer one given up; null for the last committed one.</param>
    /// <exception cref="PairException">Nothing was committed yet, what was is not trusted, site 1 is still reachable, or the point is not kept.</exception>
    public async Task<CommittedPoint> RecoverAsync(bool force, ulong? point = null)
    {
        CommittedPoint recovered = await _core.Control.InvokeAsync(() => _recovery.RunAsync(force, point));
        await DisposeAsync();
        return recovered;
    }

    /// <summary>
    /// Before the recovery of several pairs to one point: settles what is prepared here, and holds the point until the result is disposed of. Afterwards nothing that this side hears of the
    /// other one's choices makes it give the point up.
    /// </summary>
    /// <exception cref="PairException">As <see cref="RecoverAsync"/>.</exception>
    public Task<HeldPoint> HoldForRecoveryAsync(bool force, ulong point) => _core.Control.InvokeAsync(() => _recovery.HoldAsync(force, point));

    /// <summary>This pair leads a group: what it chose about a point that another member has prepared (F-9).</summary>
    /// <param name="prepared">The point.</param>
    /// <param name="force">Gives it up where nothing is chosen yet.</param>
    public Task<PointDecision> DecisionOfAsync(PreparedPoint prepared, bool force) =>
        _core.Control.InvokeAsync(() => _choice.DecideAsync(prepared, _session.Announced, force || _session.IsSilent));

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
        _core.Service.Stop();
        await _point.GiveUpAsync(0);
        await _settlement.WhenIdle();
        await _background;
    }

    private MirrorTarget Start()
    {
        _background = _core.Flows.WatchAsync(_core.Service.RunAsync(_stop.Token));
        if (_point.State == TargetState.Prepared)
        {
            _settlement.Begin(_stop.Token);
        }

        return this;
    }

    private async Task CloseCleanlyAsync()
    {
        try
        {
            await _core.Service.CloseCleanlyAsync();
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            _core.Events.Report(PairEventId.MetadataFailed, ("detail", exception.Message));
        }
    }

    private void OnFault(SuspendReason reason, Exception exception) => _core.Control.Post(() =>
    {
        if (_point.State is TargetState.Faulted or TargetState.Recovered || _stop.IsCancellationRequested)
        {
            return;
        }

        FaultText fault = FaultText.Of(exception);
        _point.BreakOff(reason, fault);
        _core.Service.Stop();
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

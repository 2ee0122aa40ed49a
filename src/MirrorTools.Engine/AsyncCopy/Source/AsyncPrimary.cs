using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>
/// Asynchronous copy at site 1, the primary [112]: what hosts write is out of sync until site 2 has it; an increment freezes that, records what comes after it, and is complete when nothing
/// of it is left to be sent.
/// </summary>
internal sealed class AsyncPrimary : ISourceService
{
    private readonly SourceOpening _opening;
    private readonly RestoredPrimary? _restored;
    private readonly AsyncMaps _maps;
    private readonly KeptImages _kept = new();
    private readonly Drain _drain;
    private readonly CollisionBarrier _barrier;
    private readonly Increment _increment;
    private SourceCore _core = null!;
    private SourceCycle _cycle = null!;
    private SuspensionCauses _causes = null!;

    private AsyncPrimary(SourceOpening opening, AsyncMaps maps, RestoredPrimary? restored)
    {
        (_opening, _maps, _restored) = (opening, maps, restored);
        MirrorParts parts = opening.Parts;
        Volume = restored?.Image ?? parts.Volume;
        _drain = new Drain(maps, _kept, Volume, parts.Time, parts.Options) { Point = opening.Record.PointReserve, Progressed = OnProgress };
        _barrier = new CollisionBarrier(opening.Control, maps, _drain, _kept, Volume, parts.Time) { Options = parts.Options, DeadlinePassed = OnHeldWrite };
        _drain.IsBeingKept = _barrier.IsBeingKept;
        _increment = new Increment(maps, _drain, _barrier) { IsSuspended = opening.Record.Suspended != SuspendReason.None };
        _drain.IsPaused = _increment.IsSuspended;
        Admission = new AsyncAdmission(maps, opening.Group.Gate.Requests, opening.Log, parts.Time, parts.Faults) { Marked = OnMarked };
    }

    /// <summary>The maps of the primary.</summary>
    public AsyncMaps Maps => _maps;

    /// <inheritdoc/>
    public IBlockDevice Volume { get; }

    /// <inheritdoc/>
    public bool UsesIntermediate => false;

    /// <inheritdoc/>
    public WriteAdmission Admission { get; }

    /// <inheritdoc/>
    public IUncopiedBarrier Barrier => _barrier;

    /// <inheritdoc/>
    public Action<long>? Accessed => null;

    /// <inheritdoc/>
    public DirtyPages Behind => _maps.Behind;

    /// <inheritdoc/>
    public MirrorOptions Options
    {
        set
        {
            _drain.Options = value;
            _barrier.Options = value;
            _increment.OnOptionsChanged();
        }
    }

    /// <inheritdoc/>
    public long PointGrains => _increment.Grains;

    /// <inheritdoc/>
    public long Uncopied => _maps.Unsynced().CountSet();

    /// <inheritdoc/>
    public bool IsCopied => _increment.IsCopied;

    /// <inheritdoc/>
    public bool HasChanges => _maps.HasChanged || !_drain.IsDrained;

    /// <inheritdoc/>
    public long SentBytes => _drain.SentBytes;

    /// <inheritdoc/>
    public long SentGrains => _drain.SentGrains;

    /// <inheritdoc/>
    public int WaitingWrites => _barrier.Count;

    /// <inheritdoc/>
    public bool IsDegraded => false;

    /// <inheritdoc/>
    public IncrementState? IncrementState => _cycle.State == SourceState.ClosingGate ? AsyncCopy.IncrementState.IncrementPending
        : _maps.ChangeRecording is null ? AsyncCopy.IncrementState.Normal : AsyncCopy.IncrementState.ConsistencyGroupInProgress;

    /// <inheritdoc/>
    public RunningTimer? IncrementTimer => _increment.Timer;

    /// <summary>Brings the service back from its metadata: it restarts in Normal, and what was on its way counts as out of sync .</summary>
    public static async Task<ISourceService> OpenAsync(SourceOpening opening)
    {
        AsyncMaps maps = new(opening.Geometry, isAllOutOfSync: !opening.Record.IsRecovered);
        RestoredPrimary? restored = opening.Record.IsRecovered ? await RestoredPrimary.OpenAsync(opening, maps) : null;
        await AsyncLoader.LoadAsync(maps, opening);
        return new AsyncPrimary(opening, maps, restored);
    }

    /// <inheritdoc/>
    public long CountChanged(bool hasPoint) => hasPoint ? _maps.ChangeRecording?.CountSet() ?? 0 : Uncopied;

    /// <inheritdoc/>
    public MapPageSnapshot Snapshot(IReadOnlyCollection<int> pages, bool withoutIntermediate) => _maps.OfPages(pages);

    /// <inheritdoc/>
    public void Bind(SourceCore core, SourceCycle cycle, SuspensionCauses causes)
    {
        (_core, _cycle, _causes) = (core, cycle, causes);
        _increment.Bind(core, cycle);
        _drain.Failed = causes.OnCopyFailed;
        _barrier.Failed = causes.OnCopyFailed;
    }

    /// <inheritdoc/>
    public void Start() => _restored?.Start(_core, _causes.OnFault);

    /// <inheritdoc/>
    public void Attach(IPeerChannel channel, bool hasPoint)
    {
        Detach();
        _drain.Attach(channel);
    }

    /// <inheritdoc/>
    public void Detach()
    {
        if (_drain.Channel is not null)
        {
            _drain.Detach(_core.Parts.Faults.ForgetSentGrains);
            _increment.OnSentLost();
            _maps.Sent.Reset(false);
        }
    }

    /// <inheritdoc/>
    public void Acknowledged(PeerMessage message) => _drain.Acknowledged(new GrainRange(message.FirstGrain, message.GrainCount));

    /// <inheritdoc/>
    public void Unsend(GrainRange grains)
    {
        _maps.Unsync(grains);
        _maps.HasChanged = true;
        _increment.OnPutBack(grains);
        OnMarked();
    }

    /// <inheritdoc/>
    public void Recount()
    {
    }

    /// <inheritdoc/>
    public void BeginComparison(bool keepsLocal)
    {
    }

    /// <inheritdoc/>
    public void AssumeEqual(GrainRange grains)
    {
        _maps.OutOfSync.ClearRange(grains);
        _maps.Touched(grains);
    }

    /// <inheritdoc/>
    public void AssumeNothing() => _maps.Unsync(new GrainRange(0, _maps.Geometry.GrainCount));

    /// <inheritdoc/>
    public Task BeforePointAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public void PrepareExchange() => _increment.Prepare();

    /// <inheritdoc/>
    public Task WriteBeforePointAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public void Exchange() => _increment.Begin();

    /// <inheritdoc/>
    public void BeginPoint() => _increment.Count();

    /// <inheritdoc/>
    public void BeginCopying(ulong point) => _increment.Run(point);

    /// <inheritdoc/>
    public void OnPointUnfinished()
    {
    }

    /// <inheritdoc/>
    public void BeginDeciding()
    {
    }

    /// <inheritdoc/>
    public Task StopAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public void Release() => _increment.End();

    /// <inheritdoc/>
    public void OnPointEnded()
    {
    }

    /// <inheritdoc/>
    public void OnRecorded(bool isOlder)
    {
    }

    /// <inheritdoc/>
    public Task OnSuspendedAsync(SuspendReason reason)
    {
        _increment.IsSuspended = _drain.IsPaused = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task PrepareResumeAsync(SuspendReason reason) => Task.CompletedTask;

    /// <inheritdoc/>
    public void OnResumed()
    {
        _increment.IsSuspended = _drain.IsPaused = false;
        _drain.Pump();
    }

    /// <inheritdoc/>
    public Task PrepareLoanAsync() => throw NoIntermediate();

    /// <inheritdoc/>
    public Task OnLentAsync() => throw NoIntermediate();

    /// <inheritdoc/>
    public Task PrepareReturnAsync() => throw NoIntermediate();

    /// <inheritdoc/>
    public void PrepareBecomingTarget() => _restored?.ForgetUnrestored();

    /// <inheritdoc/>
    public Task CloseAsync()
    {
        _increment.Close();
        return _restored?.CloseAsync() ?? Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void ReleaseWriters() => _barrier.ReleaseAll();

    /// <inheritdoc/>
    public GrainMap Snapshot(SourceMapKind kind)
    {
        switch (kind)
        {
            case SourceMapKind.OutOfSync:
                return _maps.Unsynced();
            case SourceMapKind.ChangeRecording:
                return _maps.CopyOfRecording();
            default:
                throw new PairException(PairError.NoSuchMap, $"A pair of asynchronous copy has no map {kind}. Get-GrainBitmap -Map OutOfSync, ChangeRecording, Preserved shows what there is.");
        }
    }

    /// <inheritdoc/>
    public GrainMap Differences() => _maps.Union();

    private static PairException NoIntermediate() =>
        new(PairError.NoSuchStorage, "A pair of asynchronous copy has no first intermediate to lend. Get-MirrorPair shows its storages.");

    // On the writer's thread.
    private void OnMarked()
    {
        if (_drain.Wakes())
        {
            _opening.Control.Post(_drain.Pump);
        }
    }

    private void OnProgress()
    {
        _barrier.Reconsider();
        _cycle.CheckComplete();
    }

    private void OnHeldWrite() => _ = _core.Flows.WatchAsync(_increment.GiveUpAsync("WritesHeldUp"));
}

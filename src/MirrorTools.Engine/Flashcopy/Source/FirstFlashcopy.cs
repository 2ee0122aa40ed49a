using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// The flashcopy service at site 1 (figure 7): a point's grains are copied into B and onto C, and writes to grains that are not copied yet wait for that, while others mark the future.
/// </summary>
internal sealed partial class FirstFlashcopy : ISourceService
{
    private readonly SourceOpening _opening;
    private readonly RecoveredVolume? _recovered;
    private readonly GrainCopier _copier;
    private readonly WriteWaiters _waiters;
    private SourceCore _core = null!;
    private PointMerging _merging = null!;
    private LentIntermediate _lent = null!;
    private SuspensionCauses _causes = null!;
    private GrainMap? _nextFuture;

    private FirstFlashcopy(SourceOpening opening, SourceMaps maps, RecoveredVolume? recovered)
    {
        (_opening, Maps, _recovered) = (opening, maps, recovered);
        MirrorParts parts = opening.Parts;
        Volume = recovered?.Image ?? parts.Volume;
        AccessClock? accesses = parts.Options.ScanOrder == ScanOrder.LastAccessed ? new AccessClock(maps.Geometry) : null;
        Accessed = accesses is null ? null : accesses.Note;
        _copier = new GrainCopier(maps, Volume, parts.Intermediate, accesses, parts.Time, parts.Options, parts.Faults);
        _waiters = new WriteWaiters(opening.Control, parts.Time, parts.Options, maps, _copier);
        Admission = new FlashcopyAdmission(maps, opening.Group.Gate.Requests, opening.Log, accesses, parts.Time, parts.Faults);
    }

    /// <summary>The maps of site 1.</summary>
    public SourceMaps Maps { get; }

    /// <inheritdoc/>
    public IBlockDevice Volume { get; }

    /// <inheritdoc/>
    public bool UsesIntermediate => true;

    /// <inheritdoc/>
    public WriteAdmission Admission { get; }

    /// <inheritdoc/>
    public IUncopiedBarrier Barrier => _waiters;

    /// <inheritdoc/>
    public Action<long>? Accessed { get; }

    /// <inheritdoc/>
    public DirtyPages Behind => Maps.Behind;

    /// <inheritdoc/>
    public MirrorOptions Options
    {
        set
        {
            _waiters.Options = value;
            _copier.Options = value;
        }
    }

    /// <inheritdoc/>
    public long PointGrains => Maps.CycleGrains;

    /// <inheritdoc/>
    public long Uncopied => Maps.Uncopied;

    /// <inheritdoc/>
    public bool IsCopied => Maps.Uncopied == 0;

    /// <inheritdoc/>
    public bool HasChanges
    {
        get
        {
            Maps.Recount();
            return Maps.Uncopied > 0 || Maps.Mode.Future.NextSet(0) < Maps.Geometry.GrainCount;
        }
    }

    /// <inheritdoc/>
    public long SentBytes => _copier.SentBytes;

    /// <inheritdoc/>
    public long SentGrains => _copier.SentGrains;

    /// <inheritdoc/>
    public int WaitingWrites => _waiters.Count;

    /// <inheritdoc/>
    public bool IsDegraded => Maps.Mode.CycleIsLive && _core.Options.WritePolicy != WritePolicy.CopyOnWriteLocal && !Maps.Mode.WaitsForC;

    // The policy's wish to wait for C; none while the other site is away.
    private bool WishesC => _core.Options.WritePolicy != WritePolicy.CopyOnWriteLocal && _copier.Channel is not null;

    /// <summary>Brings the service back from its metadata.</summary>
    public static async Task<ISourceService> OpenAsync(SourceOpening opening)
    {
        SourceMaps maps = new(opening.Geometry);
        RecoveredVolume? recovered = opening.Record.IsRecovered ? await RecoveredVolume.OpenAsync(opening, maps) : null;
        await SourceLoader.LoadAsync(maps, opening);
        if (opening.Record is { FirstIntermediateLent: true } or { Suspended: SuspendReason.FirstIntermediateFailed })
        {
            maps.Mode = maps.Mode with { MarksFuture = false };
        }

        return new FirstFlashcopy(opening, maps, recovered);
    }

    /// <inheritdoc/>
    public long CountChanged(bool hasPoint)
    {
        if (!hasPoint)
        {
            Maps.Recount();
        }

        return (hasPoint ? 0 : Maps.Uncopied) + Maps.Mode.Future.CountSet();
    }

    /// <inheritdoc/>
    public MapPageSnapshot Snapshot(IReadOnlyCollection<int> pages, bool withoutIntermediate) => MapSnapshots.OfPages(Maps, pages, withoutIntermediate);

    /// <inheritdoc/>
    public void Bind(SourceCore core, SourceCycle cycle, SuspensionCauses causes)
    {
        (_core, _causes) = (core, causes);
        _merging = new PointMerging(core, Maps, _waiters);
        _lent = new LentIntermediate(core, Maps);
        _copier.Failed = causes.OnCopyFailed;
        _copier.Progressed = () =>
        {
            _waiters.Reconsider();
            cycle.CheckComplete();
        };
        _waiters.MergeRequested = () => _merging.Request(cycle.State);
        _waiters.LocalDeadlinePassed = causes.OnLocalDeadline;
        _waiters.LinkDeadlinePassed = OnLinkDeadline;
    }

    /// <inheritdoc/>
    public void Start() => _recovered?.Start(_causes.OnFault);

    /// <inheritdoc/>
    public void Attach(IPeerChannel channel, bool hasPoint)
    {
        _copier.Attach(channel);
        if (hasPoint)
        {
            // The other site is back: writes wait for it again where the policy says so. A run of merged points is not begun anew in a running cycle.
            Maps.Mode = Maps.Mode with { WaitsForC = WishesC && _core.Options.WritePolicy != WritePolicy.Merge };
        }
    }

    /// <inheritdoc/>
    public void Detach()
    {
        _copier.Detach();
        _waiters.Reconsider();
    }

    /// <inheritdoc/>
    public void Acknowledged(PeerMessage message) => _copier.Acknowledged(message.Point, new GrainRange(message.FirstGrain, message.GrainCount));

    /// <inheritdoc/>
    public void Unsend(GrainRange grains) => Maps.ClearOnC(grains);

    /// <inheritdoc/>
    public void Recount() => Maps.Recount();

    /// <inheritdoc/>
    public void BeginComparison(bool keepsLocal)
    {
        if (!keepsLocal)
        {
            // Where the source was written behind the pair's back, B holds what was there before; nothing of it may be sent as the source's.
            Maps.InB.Reset(false);
            Maps.TouchAll();
        }
    }

    /// <inheritdoc/>
    public void AssumeEqual(GrainRange grains)
    {
        Maps.OnC.SetRange(grains);
        Maps.Touched(grains);
    }

    /// <inheritdoc/>
    public void AssumeNothing()
    {
        Maps.OnC.Reset(false);
        Maps.TouchAll();
    }

    /// <inheritdoc/>
    public Task BeforePointAsync() => _copier.StopAsync().WithDeadline(_core.Options.GateDeadline, _core.Time, CancellationToken.None);

    /// <inheritdoc/>
    public void PrepareExchange() => _nextFuture = Maps.TakeSpare();

    /// <inheritdoc/>
    public Task WriteBeforePointAsync() => _waiters.WriteBeforePointAsync(_core.Options.LocalDeadline);

    /// <inheritdoc/>
    public void Exchange() => Maps.Mode = new WriteMode
    {
        CycleIsLive = !_core.Parts.Faults.OverwriteUncopiedGrains,
        WaitsForC = WishesC && !_merging.IsOver,
        Future = _nextFuture!,
        Retiring = Maps.Mode.Future,
    };

    /// <inheritdoc/>
    public void BeginPoint()
    {
        Maps.Renew(Maps.Mode.Retiring!, beginsCycle: true);
        Maps.Mode = Maps.Mode with { Retiring = null };
    }

    /// <inheritdoc/>
    public void BeginCopying(ulong point)
    {
        _copier.Begin(point);
        _waiters.DemandAgain();
    }

    /// <inheritdoc/>
    public void OnPointUnfinished()
    {
        if (_waiters.HasMerging)
        {
            _merging.Begin();
        }
    }

    /// <inheritdoc/>
    public void BeginDeciding() => _waiters.StopMerging();

    /// <inheritdoc/>
    public Task StopAsync() => _copier.StopAsync();

    /// <inheritdoc/>
    public void Release()
    {
        // Writes mark, and nothing holds them. What the future map marks is merged by the next point.
        if (Maps.Mode.Retiring is { } retiring)
        {
            Maps.Renew(retiring, beginsCycle: false);
        }

        Maps.Mode = Maps.Mode with { CycleIsLive = false, WaitsForC = false, Retiring = null };
        _waiters.ReleaseAll();
    }

    /// <inheritdoc/>
    public void OnPointEnded() => _merging.End();

    /// <inheritdoc/>
    public void OnRecorded(bool isOlder)
    {
        // The cycle map has served its turn.
        Maps.Cycle.Reset(false);
        if (isOlder)
        {
            // Nothing of the newer point has travelled yet, so what it lacks is all of it.
            Maps.CountAndJoinCycle();
        }
    }

    /// <inheritdoc/>
    public GrainMap Snapshot(SourceMapKind kind) => MapSnapshots.Of(Maps, kind);

    /// <inheritdoc/>
    public GrainMap Differences() => MapSnapshots.Differences(Maps);

    private void OnLinkDeadline()
    {
        if (Maps.Mode.WaitsForC)
        {
            Maps.Mode = Maps.Mode with { WaitsForC = false };
            _opening.Events.Report(PairEventId.WritesDegraded, ("deadlineMs", (long)_core.Options.LinkDeadline.TotalMilliseconds));
        }
    }
}

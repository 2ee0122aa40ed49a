using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// What a copy service does at site 1: which maps say what the other site lacks, what a host's write does to them, and how a point's content gets across while hosts write on. The
/// rest of site 1 (points, groups, the conversation, suspension, roles) is the same for all services. On the pair's scheduler, but for <see cref="Admission"/> and <see cref="Barrier"/>.
/// </summary>
internal interface ISourceService
{
    /// <summary>What hosts read and write: the source's storage, or the image after a recovery.</summary>
    IBlockDevice Volume { get; }

    /// <summary>True where pages of the maps speak of what the intermediate holds.</summary>
    bool UsesIntermediate { get; }

    /// <summary>What host writes look at.</summary>
    WriteAdmission Admission { get; }

    /// <summary>Where host writes wait.</summary>
    IUncopiedBarrier Barrier { get; }

    /// <summary>When each stretch was accessed; null where nobody asks.</summary>
    Action<long>? Accessed { get; }

    /// <summary>Pages of the maps whose durable copy is behind.</summary>
    DirtyPages Behind { get; }

    /// <summary>Told of a new set of policies.</summary>
    MirrorOptions Options { set; }

    /// <summary>How many grains the point under way began with.</summary>
    long PointGrains { get; }

    /// <summary>How many grains of the point under way the other site lacks.</summary>
    long Uncopied { get; }

    /// <summary>True where nothing of the point under way is left to be copied; counted, not polled (F-8, A-6).</summary>
    bool IsCopied { get; }

    /// <summary>True where the volume has changed since the last point.</summary>
    bool HasChanges { get; }

    /// <summary>How many grains have changed since the last point, or are to be copied for another reason.</summary>
    long CountChanged(bool hasPoint);

    /// <summary>Bytes of grain data sent since the process began.</summary>
    long SentBytes { get; }

    /// <summary>Grains sent since the process began.</summary>
    long SentGrains { get; }

    /// <summary>Host writes that wait for a grain.</summary>
    int WaitingWrites { get; }

    /// <summary>True where writes do not wait for the other site although the policy says so.</summary>
    bool IsDegraded { get; }

    /// <summary>Where the increment stands; null for a service that has none.</summary>
    IncrementState? IncrementState => null;

    /// <summary>The maximum increment timer as it runs; null where it does not .</summary>
    RunningTimer? IncrementTimer => null;

    /// <summary>The pages as they are, for the metadata.</summary>
    /// <param name="pages">The pages, ascending.</param>
    /// <param name="withoutIntermediate">The first intermediate counts as empty.</param>
    MapPageSnapshot Snapshot(IReadOnlyCollection<int> pages, bool withoutIntermediate);

    /// <summary>Joins the service with the rest of site 1.</summary>
    void Bind(SourceCore core, SourceCycle cycle, SuspensionCauses causes);

    /// <summary>Begins what runs by itself.</summary>
    void Start();

    /// <summary>The link is up and has settled what the other side knows: grains may travel.</summary>
    /// <param name="channel">The conversation.</param>
    /// <param name="hasPoint">True where a point is being copied.</param>
    void Attach(IPeerChannel channel, bool hasPoint);

    /// <summary>The link is down: what was not acknowledged is still to be copied (F-20, A-1).</summary>
    void Detach();

    /// <summary>The other side has a run of grains.</summary>
    void Acknowledged(PeerMessage message);

    /// <summary>The other side does not have these grains, or they may differ there (F-16, F-21).</summary>
    void Unsend(GrainRange grains);

    /// <summary>Brings the counts up to date.</summary>
    void Recount();

    /// <summary>A comparison by hash begins.</summary>
    /// <param name="keepsLocal">True where the source itself was not written behind the pair's back.</param>
    void BeginComparison(bool keepsLocal);

    /// <summary>Grains that are about to be compared count as equal; a write from now on makes them differ again.</summary>
    void AssumeEqual(GrainRange grains);

    /// <summary>A comparison was cut: it proves nothing.</summary>
    void AssumeNothing();

    /// <summary>Before a point, the gate still open: waits for what must not meet it.</summary>
    /// <exception cref="TimeoutException">A storage takes too long.</exception>
    Task BeforePointAsync();

    /// <summary>Makes what the exchange needs, outside the gate.</summary>
    void PrepareExchange();

    /// <summary>With the gate closed: lets the writes go that want to fall before the point (F-27).</summary>
    /// <exception cref="TimeoutException">One of them takes too long.</exception>
    Task WriteBeforePointAsync();

    /// <summary>The instant of the point, with the gate closed: from here on writes are changes after it.</summary>
    void Exchange();

    /// <summary>The gate is open again: maps are renewed (F-3).</summary>
    void BeginPoint();

    /// <summary>The other side was told of the point: its content travels.</summary>
    void BeginCopying(ulong point);

    /// <summary>A point is still being copied: writes may ask for another one (F-27).</summary>
    void OnPointUnfinished();

    /// <summary>Everything is copied; the other side is asked to prepare.</summary>
    void BeginDeciding();

    /// <summary>Ends the copy of the point; completes when nothing of it works on a storage any more.</summary>
    Task StopAsync();

    /// <summary>No point is under way any more, committed or not: hosts go on, and what changed meanwhile counts as changed.</summary>
    void Release();

    /// <summary>A run of points has ended, with a commit or without one.</summary>
    void OnPointEnded();

    /// <summary>A commit was recorded.</summary>
    /// <param name="isOlder">True where it is of an older point than the one under way.</param>
    void OnRecorded(bool isOlder);

    /// <summary>Mirroring was suspended.</summary>
    Task OnSuspendedAsync(SuspendReason reason);

    /// <summary>Mirroring is about to be resumed after it was suspended for a reason.</summary>
    /// <exception cref="PairException">It can't be now.</exception>
    Task PrepareResumeAsync(SuspendReason reason);

    /// <summary>Mirroring was resumed, or the first intermediate returned.</summary>
    void OnResumed();

    /// <summary>Makes sure, durably, that the first intermediate holds nothing that is nowhere else (F-29).</summary>
    /// <exception cref="PairException">The service has none to lend, or it is in use.</exception>
    Task PrepareLoanAsync();

    /// <summary>The first intermediate is lent: nothing of it counts (F-29).</summary>
    Task OnLentAsync();

    /// <summary>The first intermediate is about to be returned (F-29).</summary>
    Task PrepareReturnAsync();

    /// <summary>This side is about to become the other one's copy: what is not restored counts as different.</summary>
    void PrepareBecomingTarget();

    /// <summary>Ends what runs by itself, at a close; the maps are made durable afterwards.</summary>
    Task CloseAsync();

    /// <summary>Everyone who waits looks again: nobody holds them any more.</summary>
    void ReleaseWriters();

    /// <summary>A copy of one map.</summary>
    /// <exception cref="PairException">The service has no such map.</exception>
    GrainMap Snapshot(SourceMapKind kind);

    /// <summary>Where the source and the committed image may differ.</summary>
    GrainMap Differences();
}

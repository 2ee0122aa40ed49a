using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>
/// What a copy service does at site 2: where a point's grains go as they arrive, and how the image of the last committed one is kept meanwhile. The rest of site 2 (points, choices, the
/// conversation, recovery) is the same for all services. On the pair's scheduler.
/// </summary>
internal interface ITargetService
{
    /// <summary>The committed image, read-only; from any thread.</summary>
    IBlockDevice Image { get; }

    /// <summary>The storage that arrivals are written to, in the terms of a fault.</summary>
    SuspendReason ArrivalsPart { get; }

    /// <summary>True where parts of grains are taken .</summary>
    bool TakesParts { get; }

    /// <summary>Grains that may have been lost since an unclean stop: site 1 sends them again (F-21). Null where the service needs none.</summary>
    GrainMap? Lost { get; }

    /// <summary>Committed grains that are not where they are to be.</summary>
    long UncopiedGrains { get; }

    /// <summary>Grains that are held for an uncommitted point.</summary>
    long FutureGrains { get; }

    /// <summary>Grains received since the process began.</summary>
    long ReceivedGrains { get; }

    /// <summary>Joins the service with the rest of site 2.</summary>
    /// <param name="core">Its parts.</param>
    /// <param name="point">The point under way.</param>
    /// <param name="failed">Told of a storage that failed.</param>
    void Bind(TargetCore core, TargetPoint point, Action<SuspendReason, Exception> failed);

    /// <summary>Runs what goes on in the background, until it is stopped.</summary>
    Task RunAsync(CancellationToken stop);

    /// <summary>Ends what runs in the background.</summary>
    void Stop();

    /// <summary>Completes when no arrival is under way.</summary>
    Task WhenIdle();

    /// <summary>True where grains that name a point may be taken while another one, or none, is under way.</summary>
    /// <param name="named">The point that the grains name.</param>
    /// <param name="state">Where this side stands.</param>
    /// <param name="current">The point under way; 0 for none.</param>
    bool Takes(ulong named, TargetState state, ulong current);

    /// <summary>True where the service holds something newer than a point, so that it can't prepare that one .</summary>
    bool HoldsNewerThan(ulong point);

    /// <summary>Takes one run of grains and acknowledges it; owns the message.</summary>
    Task TakeAsync(IPeerChannel channel, ReceivedMessage received);

    /// <summary>A conversation has begun, or ended: what only it knew is void.</summary>
    void OnConversation();

    /// <summary>The hashes of some grains as a commit would show them if nothing more was sent; null where a storage failed, which site 1 is told instead.</summary>
    Task<byte[]?> HashAsync(GrainRange grains);

    /// <summary>Hashes were sent; once those of the whole volume were, all of it is compared.</summary>
    void HashesSent(GrainRange grains);

    /// <summary>Makes durable what has arrived.</summary>
    /// <exception cref="IOException">It is not known to be (P-2).</exception>
    Task FlushArrivalsAsync();

    /// <summary>Makes the maps durable.</summary>
    /// <exception cref="IOException">They are not known to be.</exception>
    Task PersistMapsAsync();

    /// <summary>What a commit changes in the record beside the point itself.</summary>
    PairRecord WithCommit(PairRecord now, CommittedPoint committed);

    /// <summary>A commit is durable: the image becomes that of the new point.</summary>
    Task RenewAsync();

    /// <summary>Waits until the image is that of the commit in the record.</summary>
    /// <exception cref="PairException">A reader of the image before it stays too long.</exception>
    Task WhenImageIsCurrentAsync();

    /// <summary>Keeps a committed point as it is, to be read (F-28, A-10).</summary>
    /// <exception cref="PairException">It is not the last one, and the service does not keep it.</exception>
    PinnedPoint Pin(CommittedPoint point);

    /// <summary>True where committed points before the last one can be kept .</summary>
    bool RetainsPoints { get; }

    /// <summary>Gives up a retained point, and its name.</summary>
    /// <exception cref="PairException">It is not retained, or somebody reads it.</exception>
    Task RemovePointAsync(ulong point);

    /// <summary>How many grains a recovery to a committed point restores behind the hosts' backs.</summary>
    /// <param name="point">The last committed point, or a retained one.</param>
    long CountToRestore(ulong point);

    /// <summary>Nothing runs any more: makes durable what a new role of this side begins with.</summary>
    /// <exception cref="IOException">It could not be.</exception>
    Task PrepareRecoveryAsync();

    /// <summary>At a clean stop: everything durable.</summary>
    /// <exception cref="IOException">It could not be.</exception>
    Task CloseCleanlyAsync();

    /// <summary>A copy of one map.</summary>
    /// <exception cref="PairException">The service has no such map.</exception>
    GrainMap Snapshot(TargetMapKind kind);
}

using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>What <see cref="HardeningScanner"/> needs of its node: the stream to the keeper and the node's cache. On the pair's scheduler.</summary>
internal interface IHardeningPort
{
    /// <summary>Queues <c>ScanStarted</c> on the stream to the keeper, in order with writes that were sent; returns at once. Nothing happens where the session is over.</summary>
    void SendScanStarted(int range, ulong scan);

    /// <summary>Queues <c>ScanCompleted</c> on the stream to the keeper, in order with writes that were sent; returns at once. Nothing happens where the session is over.</summary>
    void SendScanCompleted(int range, ulong scan);

    /// <summary>Completes when no write is pending any more (<see cref="HasPending"/>) that is pending at the call, also of an earlier session.</summary>
    Task WhenSettledAsync(CancellationToken cancellationToken);

    /// <summary>Hardens what of the grains is unhardened in the own cache at the call; a version that is overwritten meanwhile need not be (S-7).</summary>
    /// <param name="grains">The run of grains.</param>
    /// <param name="only">Which of them; null for all.</param>
    /// <param name="cancellationToken">Ends the wait; hardening that has begun may go on.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    Task HardenAsync(GrainRange grains, Func<long, bool>? only, CancellationToken cancellationToken);

    /// <summary>True where something of the grain is in the own cache and not hardened.</summary>
    bool IsUnhardened(long grain);

    /// <summary>True where a write to the grain was sent or received and is not in the own cache yet. It ceases to be so in the step that puts it there.</summary>
    bool HasPending(long grain);
}

using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.SyncCache.Members;

namespace MirrorTools.Engine.SyncCache;

/// <summary>A node at one instant.</summary>
public sealed record SyncStatus
{
    /// <summary>What it does.</summary>
    public required SyncNodeState State { get; init; }

    /// <summary>Why, where it is not as it should be; null otherwise.</summary>
    public string? Cause { get; init; }

    /// <summary>What it knows durably.</summary>
    public required SyncRecord Record { get; init; }

    /// <summary>Bytes in its cache that are not hardened.</summary>
    public required long UnhardenedBytes { get; init; }

    /// <summary>Bytes in its cache, hardened ones included.</summary>
    public required long CachedBytes { get; init; }

    /// <summary>Bytes that were hardened since it was opened.</summary>
    public required long HardenedBytes { get; init; }

    /// <summary>The other nodes, as this one sees them.</summary>
    public required IReadOnlyList<SyncPeerStatus> Peers { get; init; }

    /// <summary>True while a secondary may serve reads (S-8).</summary>
    public required bool HasLease { get; init; }
}

/// <summary>Another node, as this one sees it.</summary>
/// <param name="Node">The node.</param>
/// <param name="IsConnected">True while there is a session.</param>
/// <param name="IsMember">True where it takes part in the newest generation.</param>
/// <param name="MissingGrains">How many grains it lacks.</param>
/// <param name="UpdatedGrains">How many grains it was sent since it returned.</param>
public sealed record SyncPeerStatus(Guid Node, bool IsConnected, bool IsMember, long MissingGrains, long UpdatedGrains);

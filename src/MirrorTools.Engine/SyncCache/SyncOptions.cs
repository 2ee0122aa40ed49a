using MirrorTools.Engine.Caching;
using MirrorTools.Engine.SyncCache.Hardening;

namespace MirrorTools.Engine.SyncCache;

/// <summary>When a host's flush, or a write that asks to be durable, is answered (S-11).</summary>
public enum FlushPolicy : byte
{
    /// <summary>When all that was acknowledged before is on the disks of all nodes that take part: it survives even the failure of all of them.</summary>
    Disk,

    /// <summary>When it is in the caches of all nodes that take part, as the source document has it.</summary>
    Cache,
}

/// <summary>What an admin sets of a synchronous pair, and the limits that keep it bounded.</summary>
public sealed record SyncOptions
{
    /// <summary>How nodes tell each other what they have hardened (S-4 to S-6).</summary>
    public HardeningOptions Hardening { get; init; } = new();

    /// <summary>What a flush waits for.</summary>
    public FlushPolicy FlushPolicy { get; init; } = FlushPolicy.Disk;

    /// <summary>How much memory the cache of a node takes, how much of it may be unhardened, and how soon that is hardened (S-15).</summary>
    public CacheOptions Cache { get; init; } = new();

    /// <summary>How long a secondary may serve reads after it asked for leave to (S-8): the longest that the primary waits before it goes on without it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a secondary may leave a write unacknowledged before it is left out of the pair (S-15).</summary>
    public TimeSpan PeerDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a primary that was closed cleanly waits for the other nodes when it is opened, before it goes on without them.</summary>
    public TimeSpan JoinDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a host's request may wait before it fails.</summary>
    public TimeSpan HostDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long writes in flight may hold up what waits for them.</summary>
    public TimeSpan GateDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many writes of hosts may be under way: a power of two.</summary>
    public int RingSlots { get; init; } = 1024;

    /// <summary>How many bytes of hosts' writes may be under way.</summary>
    public long RingBytes { get; init; } = 64 << 20;

    /// <summary>How many bytes of an update are sent before their durable receipt is waited for (S-10).</summary>
    public int UpdateWindowBytes { get; init; } = 8 << 20;

    /// <summary>How often cold regions are looked for.</summary>
    public TimeSpan CoolingInterval { get; init; } = TimeSpan.FromSeconds(10);
}

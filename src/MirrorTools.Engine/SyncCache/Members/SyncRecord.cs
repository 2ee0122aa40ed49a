using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.SyncCache.Members;

/// <summary>
/// What a node of a synchronous pair knows durably about itself beside its maps: the payload of the metadata file's state record. It is written whole, so that role,
/// generation and membership never part company (S-9).
/// </summary>
public sealed record SyncRecord
{
    /// <summary>The most nodes a pair has: a primary and two secondaries (S-12).</summary>
    public const int MaximumNodes = 3;

    /// <summary>What this node is.</summary>
    public required SyncRole Role { get; init; }

    /// <summary>The generations, oldest first. Each has the primary as its writable agent.</summary>
    public required GenerationHistory Generations { get; init; }

    /// <summary>All nodes of the pair by their agents' ids, in an order that never changes; this one is among them.</summary>
    public required IReadOnlyList<Guid> Nodes { get; init; }

    /// <summary>The nodes that take part in the newest generation: no write is acknowledged without all of them.</summary>
    public required IReadOnlyList<Guid> Members { get; init; }

    /// <summary>
    /// False from when this node returned until its update has ended (S-10): what it holds is no state that ever was, so it gets no lease and takes nothing over.
    /// </summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>The node that this one, the primary of the newest generation it knows, has asked to go on in its place; empty where it has not (S-10).</summary>
    public Guid YieldedTo { get; init; }

    /// <summary>The nodes of which it is not known here what they lack: they say it themselves when they return, and it is recorded then. This node itself where its writes were given up.</summary>
    public IReadOnlyList<Guid> Untold { get; init; } = [];

    /// <summary>Why mirroring is suspended.</summary>
    public SuspendReason Suspended { get; init; }

    /// <summary>What the agent keeps here to rebuild its index: opaque to the engine.</summary>
    public ReadOnlyMemory<byte> Definition { get; init; }

    /// <summary>True where no other node takes part.</summary>
    public bool IsAlone(Guid self) => Members.Count == 1 && Members[0] == self;

    /// <summary>This record in a new generation with these members; whoever it names as writable is its primary.</summary>
    public SyncRecord In(Generation generation, Guid self, IReadOnlyList<Guid> members) => this with
    {
        Role = generation.WritableAgent == self ? SyncRole.Primary : SyncRole.Secondary,
        Generations = Generations.With(generation),
        Members = members,
        YieldedTo = Guid.Empty,
        Suspended = SuspendReason.None,
    };

    /// <summary>This record of a primary that asks another node to go on: from here on it serves nobody by itself, and what it holds is to be updated.</summary>
    public SyncRecord Yielding(Guid successor) => this with { Role = SyncRole.Secondary, IsComplete = false, YieldedTo = successor };

    /// <summary>This record of a node that is updated before it takes part (S-10).</summary>
    public SyncRecord Returning() => this with { Role = SyncRole.Secondary, IsComplete = false, YieldedTo = Guid.Empty };

    /// <summary>This record of a node that takes part in the generation of <paramref name="primary"/>.</summary>
    public SyncRecord Following(SyncRecord primary) => this with
    {
        Role = SyncRole.Secondary,
        IsComplete = true,
        Generations = primary.Generations,
        Members = primary.Members,
        Untold = primary.Untold,
        YieldedTo = Guid.Empty,
        Suspended = SuspendReason.None,
    };
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache;

/// <summary>What a node of a synchronous pair is made of; the node takes ownership of its devices.</summary>
public sealed record SyncParts
{
    /// <summary>The agent this node belongs to; its id is the node's.</summary>
    public required Guid NodeId { get; init; }

    /// <summary>The node's disk [34]; it may be remote (S-13).</summary>
    public required IBlockDevice Disk { get; init; }

    /// <summary>The pair's metadata file.</summary>
    public required IBlockDevice Metadata { get; init; }

    /// <summary>Where the dirty-region log's second copy lives, and at which offset.</summary>
    public required LogPlace SecondLog { get; init; }

    /// <summary>The pair's serial scheduler.</summary>
    public required SynchronizationContext Scheduler { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Makes identities.</summary>
    public required Func<Guid> NewId { get; init; }

    /// <summary>Takes the pair's events; must not throw or wait.</summary>
    public required Action<PairEvent> EventSink { get; init; }

    /// <summary>What the admin has set.</summary>
    public SyncOptions Options { get; init; } = new();

    /// <summary>The simulation's deliberate faults.</summary>
    public SyncFaults Faults { get; init; } = SyncFaults.None;

    /// <summary>Told of each transition of a state machine: machine, from, event, to.</summary>
    public Action<string, string, string, string>? Transitions { get; init; }
}

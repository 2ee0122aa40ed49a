using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring;

/// <summary>What one side of a flashcopy pair is made of; the side takes ownership of its devices.</summary>
public sealed record MirrorParts
{
    /// <summary>The agent this side belongs to.</summary>
    public required Guid AgentId { get; init; }

    /// <summary>Site 1: the source A. Site 2: the target D.</summary>
    public required IBlockDevice Volume { get; init; }

    /// <summary>Site 1: the first intermediate B. Site 2: the second intermediate C.</summary>
    public required IBlockDevice Intermediate { get; init; }

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

    /// <summary>Site 1: the group whose points the pair takes part in, on the same <see cref="Scheduler"/> as its other members; null for a pair that stands alone.</summary>
    public PointGroup? Group { get; init; }

    /// <summary>
    /// Site 2: asks a group's lead for its choice about a point that this member has prepared (F-9); with true, the lead gives the point up where it has not chosen yet.
    /// <see cref="PointDecision.Undecided"/> where the lead can't be asked now.
    /// </summary>
    public Func<PreparedPoint, bool, Task<PointDecision>> AskLead { get; init; } = static (_, _) => Task.FromResult(PointDecision.Undecided);

    /// <summary>What the admin has set.</summary>
    public MirrorOptions Options { get; init; } = new();

    /// <summary>
    /// Opens an empty, sparse storage of so many bytes for the grains of a point that is kept while commits go on (F-28); what it holds is worth nothing once the
    /// process ends.
    /// </summary>
    public Func<long, ValueTask<IBlockDevice>> OpenKeptGrains { get; init; } =
        static _ => throw new IOException("There is no place for grains of a point that is kept.");

    /// <summary>The simulation's deliberate faults.</summary>
    public MirrorFaults Faults { get; init; } = MirrorFaults.None;

    /// <summary>Told of each transition of a state machine: machine, from, event, to.</summary>
    public Action<string, string, string, string>? Transitions { get; init; }
}

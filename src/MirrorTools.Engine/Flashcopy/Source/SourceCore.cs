using MirrorTools.Engine.Events;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>The parts of site 1 that its flows share.</summary>
internal sealed class SourceCore
{
    public required FlashcopyParts Parts { get; init; }

    public required ControlFlow Control { get; init; }

    public required SourceMaps Maps { get; init; }

    public required EpochGate Gate { get; init; }

    public required SourceJournal Journal { get; init; }

    public required GrainCopier Copier { get; init; }

    public required WriteWaiters Waiters { get; init; }

    public required PairEvents Events { get; init; }

    public FlashcopyOptions Options { get; set; } = new();

    /// <summary>The flows that nobody waits for.</summary>
    public FlowWatch Flows { get; } = new();

    public TimeProvider Time => Parts.Time;

    /// <summary>The policy's wish to wait for C; false while the other site is away.</summary>
    public bool WishesC => Options.WritePolicy != WritePolicy.CopyOnWriteLocal && Copier.Channel is not null;
}

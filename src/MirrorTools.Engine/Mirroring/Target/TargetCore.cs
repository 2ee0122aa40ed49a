using MirrorTools.Engine.Events;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;

namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>The parts of site 2 that its flows share.</summary>
internal sealed class TargetCore
{
    public required MirrorParts Parts { get; init; }

    public required ControlFlow Control { get; init; }

    public required GrainGeometry Geometry { get; init; }

    /// <summary>Which copy service it is.</summary>
    public required CopyService Kind { get; init; }

    /// <summary>What differs between the copy services.</summary>
    public required ITargetService Service { get; init; }

    /// <summary>What the admin has set.</summary>
    public required MirrorOptions Options { get; set; }

    public required PairEvents Events { get; init; }

    /// <summary>What this side knows durably about itself.</summary>
    public required PairRecordStore RecordStore { get; init; }

    /// <summary>The record as it is on disk.</summary>
    public PairRecord Record => RecordStore.Current;

    /// <summary>True once site 1 has compared the whole volume by hash since this side was opened.</summary>
    public bool IsCompared { get; set; }

    /// <summary>True while site 1 has to compare everything by hash before it takes a point: a storage was written behind the pair's back, or the metadata was made anew.</summary>
    public bool AwaitsComparison => Record.NeedsComparison && !IsCompared;

    /// <summary>The flows that nobody waits for.</summary>
    public FlowWatch Flows { get; } = new();

    public TimeProvider Time => Parts.Time;

    /// <inheritdoc cref="PairRecordStore.ChangeAsync"/>
    public Task ChangeRecordAsync(Func<PairRecord, PairRecord> change) => RecordStore.ChangeAsync(change);
}

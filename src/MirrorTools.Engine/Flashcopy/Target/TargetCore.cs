using MirrorTools.Engine.Events;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Scheduling;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The parts of site 2 that its flows share.</summary>
internal sealed class TargetCore
{
    public required FlashcopyParts Parts { get; init; }

    public required ControlFlow Control { get; init; }

    public required TargetMaps Maps { get; init; }

    public required DirtyRegionLog Log { get; init; }

    public required TargetJournal Journal { get; init; }

    public required TargetRegions Regions { get; init; }

    public required SecondFlashcopy Second { get; init; }

    /// <summary>Readers of the committed image.</summary>
    public required EpochGate Readers { get; init; }

    /// <summary>Writers of C.</summary>
    public required EpochGate Arrivals { get; init; }

    public required PairEvents Events { get; init; }

    public required PairRecord Record { get; set; }

    /// <summary>The flows that nobody waits for.</summary>
    public FlowWatch Flows { get; } = new();

    public IBlockDevice Intermediate => Parts.Intermediate;

    public TimeProvider Time => Parts.Time;

    /// <summary>Writes the record; it is durable at return.</summary>
    public async Task WriteRecordAsync(PairRecord record)
    {
        await Journal.Store.State.WriteAsync(PairRecordCodec.Encode(record), CancellationToken.None);
        Record = record;
    }
}

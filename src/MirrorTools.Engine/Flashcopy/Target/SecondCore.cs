using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>The parts of the flashcopy service at site 2 that its flows share.</summary>
internal sealed class SecondCore
{
    public required MirrorParts Parts { get; init; }

    public required TargetMaps Maps { get; init; }

    public required DirtyRegionLog Log { get; init; }

    public required TargetJournal Journal { get; init; }

    public required TargetRegions Regions { get; init; }

    public required SecondFlashcopy Second { get; init; }

    /// <summary>Readers of the committed image.</summary>
    public required EpochGate Readers { get; init; }

    /// <summary>Writers of C.</summary>
    public required EpochGate Arrivals { get; init; }

    /// <summary>The rest of site 2; there once the service is bound.</summary>
    public TargetCore Side { get; set; } = null!;

    public IBlockDevice Intermediate => Parts.Intermediate;

    public TimeProvider Time => Parts.Time;
}

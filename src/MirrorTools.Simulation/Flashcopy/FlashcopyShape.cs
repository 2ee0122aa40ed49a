using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Maps;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Flashcopy;

/// <summary>What a seed's pair is like: sizes, policies, and how it is driven.</summary>
internal sealed record FlashcopyShape
{
    public required GrainGeometry Geometry { get; init; }

    public required FlashcopyOptions Options { get; init; }

    /// <summary>True where cycles follow each other by themselves; false where an admin starts each.</summary>
    public required bool IsContinuous { get; init; }

    public static FlashcopyShape Draw(SimRandom random, FlashcopyFaults? deliberate)
    {
        var grainBytes = 4096 << random.Next(0, 4);
        var grains = random.Next(40, 160);

        // the last grain is short in half of the seeds
        long length = ((long)grains * grainBytes) - (random.Chance(0.5) ? random.Next(1, grainBytes / 512) * 512L : 0);
        return new FlashcopyShape
        {
            Geometry = new GrainGeometry(length, grainBytes),
            Options = DrawOptions(random),
            IsContinuous = random.Chance(0.6) && deliberate is null,
        };
    }

    public static FlashcopyOptions DrawOptions(SimRandom random) => new()
    {
        WritePolicy = (WritePolicy)random.Next(4),
        HoldInScanOrder = random.Chance(0.2),
        ScanOrder = random.Chance(0.3) ? ScanOrder.LastAccessed : ScanOrder.Ascending,
        LinkDeadline = TimeSpan.FromSeconds(2),
        RunBytes = 32768 << random.Next(0, 4),
        BatchBytes = 65536 << random.Next(0, 6),
        WindowBytes = 256 * 1024,
        MaximumUnacknowledged = random.Next(2, 32),
        CoolingInterval = TimeSpan.FromMilliseconds(random.Next(200, 5000)),
    };
}

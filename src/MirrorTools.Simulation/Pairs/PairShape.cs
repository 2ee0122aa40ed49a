using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Pairs;

/// <summary>What a seed's pair is like: sizes, policies, and how it is driven.</summary>
internal sealed record PairShape
{
    /// <summary>The volumes, of one grain size; most seeds have one, others a group of two or three.</summary>
    public required IReadOnlyList<GrainGeometry> Geometries { get; init; }

    public required MirrorOptions Options { get; init; }

    /// <summary>True where cycles follow each other by themselves; false where an admin starts each.</summary>
    public required bool IsContinuous { get; init; }

    private static readonly HashSet<string> s_groupFaults = [nameof(MirrorFaults.ChooseBeforePrepared), nameof(MirrorFaults.ForgetPreparedPoints)];

    public static PairShape Draw(SimRandom random, SimRandom ofGroup, string? deliberate, int? pairs)
    {
        var grainBytes = 4096 << random.Next(0, 4);
        var grains = random.Next(40, 160);

        // the last grain is short in half of the seeds
        long length = ((long)grains * grainBytes) - (random.Chance(0.5) ? random.Next(1, grainBytes / 512) * 512L : 0);
        List<GrainGeometry> geometries = [new GrainGeometry(length, grainBytes)];
        var others = pairs is { } given ? given - 1 : deliberate is null ? (ofGroup.Chance(0.6) ? 0 : ofGroup.Next(1, 3)) : s_groupFaults.Contains(deliberate) ? 1 : 0;
        while (geometries.Count <= others)
        {
            geometries.Add(new GrainGeometry((ofGroup.Next(10, 60) * (long)grainBytes) - (ofGroup.Next(0, grainBytes / 512) * 512L), grainBytes));
        }

        return new PairShape
        {
            Geometries = geometries,
            Options = DrawOptions(random, CopyService.Flashcopy),
            IsContinuous = random.Chance(0.6) && deliberate is null,
        };
    }

    public static MirrorOptions DrawOptions(SimRandom random, CopyService service)
    {
        MirrorOptions drawn = DrawCommon(random);
        return service == CopyService.Flashcopy ? drawn : drawn with
        {
            CollisionPolicy = random.Chance(0.3) ? CollisionPolicy.SendFirst : CollisionPolicy.NewImage,
            RetainPoints = random.Next(1, 5),
            KeptImageBytes = random.Chance(0.5) ? 64 << 20 : random.Next(0, 6) * 32768,
            MaximumIncrement = TimeSpan.FromSeconds(random.Chance(0.3) ? random.Next(1, 10) : 3600),
        };
    }

    private static MirrorOptions DrawCommon(SimRandom random) => new()
    {
        WritePolicy = (WritePolicy)random.Next(4),
        HoldInScanOrder = random.Chance(0.2),
        ScanOrder = random.Chance(0.3) ? ScanOrder.LastAccessed : ScanOrder.Ascending,
        LinkDeadline = TimeSpan.FromSeconds(2),
        GateDeadline = TimeSpan.FromMilliseconds(random.Chance(0.3) ? 300 : 10_000),
        RunBytes = 32768 << random.Next(0, 4),
        BatchBytes = 65536 << random.Next(0, 6),
        WindowBytes = 256 * 1024,
        MaximumUnacknowledged = random.Next(2, 32),
        CoolingInterval = TimeSpan.FromMilliseconds(random.Next(200, 5000)),
    };
}

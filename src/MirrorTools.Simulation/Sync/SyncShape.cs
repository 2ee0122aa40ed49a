using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Sync;

/// <summary>What a seed's pair of nodes is like: how many, how large, with which policies, and how hosts behave.</summary>
internal sealed record SyncShape
{
    /// <summary>Two nodes, or a primary with two secondaries (S-12).</summary>
    public required int NodeCount { get; init; }

    public required GrainGeometry Geometry { get; init; }

    public required SyncOptions Options { get; init; }

    public required SimHostOptions HostOptions { get; init; }

    /// <summary>The bytes of the dirty-region log's regions.</summary>
    public required int RegionBytes { get; init; }

    public required int RegionSlots { get; init; }

    /// <summary>True where an admin now and then has a node go on though another one may still serve hosts: both must notice (S-14).</summary>
    public required bool MaySplit { get; init; }

    public static SyncShape Draw(SimRandom random, string? deliberate)
    {
        var grainBytes = 4096 << random.Next(0, 4);
        var grains = random.Next(40, 200);
        var length = ((long)grains * grainBytes) - (random.Chance(0.5) ? random.Next(1, grainBytes / 512) * 512L : 0);
        var limit = (64L * 1024) << random.Next(0, 4);
        return new SyncShape
        {
            NodeCount = random.Chance(0.25) && deliberate is null ? 3 : 2,
            Geometry = new GrainGeometry(length, grainBytes),
            RegionBytes = grainBytes << random.Next(0, 3),
            RegionSlots = random.Chance(0.3) ? random.Next(4, 12) : 64,
            MaySplit = random.Chance(0.3),
            Options = new SyncOptions
            {
                Hardening = DrawHardening(random),
                FlushPolicy = random.Chance(0.7) ? FlushPolicy.Disk : FlushPolicy.Cache,
                Cache = new CacheOptions
                {
                    LimitBytes = limit,
                    TargetBytes = limit * random.Next(2, 8) / 10,
                    HardenAge = TimeSpan.FromMilliseconds(random.Chance(0.3) ? random.Next(5, 100) : random.Next(100, 5000)),
                    RunBytes = 4096 << random.Next(0, 6),
                    MaximumConcurrentWrites = random.Next(1, 9),
                },
                Lease = TimeSpan.FromMilliseconds(random.Next(600, 2500)),
                PeerDeadline = TimeSpan.FromMilliseconds(random.Next(1000, 6000)),
                JoinDeadline = TimeSpan.FromMilliseconds(random.Next(500, 4000)),
                HostDeadline = TimeSpan.FromSeconds(random.Next(2, 12)),
                GateDeadline = TimeSpan.FromMilliseconds(random.Next(300, 3000)),
                RingSlots = 1 << random.Next(1, 7),
                UpdateWindowBytes = grainBytes * random.Next(1, 20),
                CoolingInterval = TimeSpan.FromMilliseconds(random.Next(200, 5000)),
            },
            HostOptions = new SimHostOptions
            {
                Workers = random.Next(1, 9),
                ThinkTime = TimeSpan.FromMilliseconds(random.Next(2, 300)),
                MaxSectors = 1 << random.Next(3, 8),
                HotSectors = 1 << random.Next(4, 10),
                HotShare = random.NextDouble(),
                ReadShare = 0.15 + (random.NextDouble() * 0.4),
                FlushShare = random.NextDouble() * 0.1,
                ForcedShare = random.NextDouble() * 0.15,
            },
        };
    }

    private static HardeningOptions DrawHardening(SimRandom random) => new()
    {
        Method = (HardeningMethod)random.Next(3),
        RangeCount = random.Next(1, 9),
        ScanInterval = TimeSpan.FromMilliseconds(random.Next(20, 2000)),
        ThresholdGrains = random.Next(2, 60),
        MaximumScans = random.Next(1, 4),
        HelpAfter = TimeSpan.FromMilliseconds(random.Next(50, 3000)),
    };
}

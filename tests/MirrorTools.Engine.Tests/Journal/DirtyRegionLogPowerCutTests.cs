using MirrorTools.Engine.Journal;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class DirtyRegionLogPowerCutTests
{
    [Theory]
    [InlineData(1500, 40, 12, 1)]
    [InlineData(300, 4000, 700, 150)]
    [Rule("F-18")]
    [Rule("P-2")]
    public async Task After_any_power_cut_every_region_that_was_acknowledged_is_hot(int seeds, int regions, int slots, int most)
    {
        for (int seed = 0; seed < seeds; seed++)
        {
            Random random = new(seed);
            RegionLogBed bed = new(regions, slots);
            DirtyRegionLog log = await bed.CreateAsync();
            HashSet<long> everMarked = [];
            for (int life = 0; life < 4; life++)
            {
                RegionLogWorkload work = new(log, random, most, everMarked);
                bed.Power.CutAfter(random.Next(1, 80));
                await work.RunAsync(bed.Power, 500);
                bed.Power.TurnOn();
                if (random.Next(4) > 0)
                {
                    Array.ForEach(bed.Disks, disk => disk.LosePower(random));
                }

                log = await bed.OpenAsync();
                string because = $"seed {seed}, life {life}";
                Assert.False(log.AllUnknown, because);
                Assert.True(work.Required.IsSubsetOf(log.HotRegions), because);
                Assert.True(log.HotRegions.All(everMarked.Contains), because);
                Assert.True(!work.IsClean || log.HotRegions.Count == 0, because);
                Assert.All(log.HotRegions, region => Assert.True(log.IsHot(region), because));
            }
        }
    }

    [Fact]
    [Rule("P-2")]
    [Rule("P-4")]
    public async Task A_power_cut_while_the_log_is_opened_loses_nothing()
    {
        for (int seed = 0; seed < 1000; seed++)
        {
            Random random = new(seed);
            RegionLogBed bed = new(400, 300);
            DirtyRegionLog log = await bed.CreateAsync();
            RegionLogWorkload work = new(log, random, 20, []);
            bed.Disks[random.Next(2)].WriteFault = random.Next(2) == 0 ? Volumes.BlockDeviceFault.MediumError : null;
            bed.Power.CutAfter(random.Next(1, 100));
            await work.RunAsync(bed.Power, 30);
            bed.Power.TurnOn();
            for (int attempt = 0; attempt < 4; attempt++)
            {
                // Killed, or without power: what a killed process left unflushed may be lost later.
                if (random.Next(2) == 0)
                {
                    Array.ForEach(bed.Disks, disk => disk.LosePower(random));
                }

                Array.ForEach(bed.Disks, disk => disk.WriteFault = null);
                bed.Power.CutAfter(random.Next(10));
                _ = bed.OpenAsync();
                bed.Power.TurnOn();
            }

            Array.ForEach(bed.Disks, disk => disk.LosePower(random));
            log = await bed.OpenAsync();
            Assert.False(log.AllUnknown, $"seed {seed}");
            Assert.True(work.Required.IsSubsetOf(log.HotRegions), $"seed {seed}");
        }
    }

    [Fact]
    [Rule("P-2")]
    [Rule("P-5")]
    public async Task Whatever_places_fail_or_go_missing_the_log_knows_or_says_that_it_does_not()
    {
        int unknown = 0;
        int known = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            Random random = new(seed);
            RegionLogBed bed = new(60, 16);
            DirtyRegionLog log = await bed.CreateAsync();
            HashSet<long> owed = [];
            for (int life = 0; life < 5; life++)
            {
                RegionLogWorkload work = new(log, random, 2, []) { Required = owed };
                bed.Power.CutAfter(random.Next(1, 150));
                await work.RunAsync(bed.Power, random.Next(40));
                CutDisk failing = bed.Disks[random.Next(2)];
                failing.FaultyWritesTear = random.Next(2) == 0;
                switch (random.Next(4))
                {
                    case 0:
                        failing.WriteFault = Volumes.BlockDeviceFault.MediumError;
                        break;
                    case 1:
                        failing.FailFlush = true;
                        break;
                    case 2:
                        failing.IsGone = true;
                        break;
                }

                await work.RunAsync(bed.Power, random.Next(40));
                bed.Power.TurnOn();
                Array.ForEach(bed.Disks, disk => disk.LosePower(random));

                // The first place is in the metadata file: without it nothing is opened at all. The second may be away.
                CutDisk missing = bed.Disks[1];
                missing.IsGone = random.Next(4) == 0;
                log = await bed.OpenAsync();
                string because = $"seed {seed}, life {life}";
                if (log.AllUnknown)
                {
                    // What the service does: everything may differ, which it makes durable elsewhere; then the log counts from here.
                    unknown++;
                    log.BeginForgetting();
                    Task forgotten = log.CompleteForgettingAsync(default).AsTask();
                    owed = forgotten.IsCompletedSuccessfully ? [.. log.HotRegions] : owed;
                    if (!forgotten.IsCompletedSuccessfully)
                    {
                        Assert.NotNull(forgotten.Exception);
                        break;
                    }
                }
                else
                {
                    known++;
                    Assert.True(owed.IsSubsetOf(log.HotRegions), because);
                }

                missing.IsGone = false;
            }
        }

        Assert.True(unknown > 300 && known > 2000, $"The seeds try too little: {unknown}, {known}");
    }
}

using MirrorTools.Simulation.Checking;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Hosts;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Simulation.Tests.Hosts;

public sealed class SimHostTests
{
    private const int VolumeBytes = 1 << 20;

    [Fact]
    [Rule("P-1")]
    public void The_content_of_a_plain_disk_at_any_instant_is_a_consistency_point()
    {
        for (ulong seed = 1; seed <= 15; seed++)
        {
            Run(seed, splitProbability: 0, async rig =>
            {
                await Task.Delay(rig.Random.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(350)), rig.Time);
                var now = rig.History.Tick();
                Assert.Null(ImageChecker.Check(new PointWindow(rig.History.Current, now, now), rig.Images()));
                var window = new PointWindow(rig.History.Current, now, now);
                await Task.Delay(TimeSpan.FromMilliseconds(200), rig.Time);
                Assert.NotNull(ImageChecker.Check(window, rig.Images()));
            });
        }
    }

    [Fact]
    [Rule("P-1")]
    public void A_snapshot_without_a_gate_tears_writes_and_the_checker_sees_it()
    {
        var torn = 0;
        for (ulong seed = 1; seed <= 40; seed++)
        {
            Run(seed, splitProbability: 1, async rig =>
            {
                await Task.Delay(rig.Random.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(350)), rig.Time);
                var now = rig.History.Tick();
                torn += ImageChecker.Check(new PointWindow(rig.History.Current, now, now), rig.Images()) is null ? 0 : 1;
            });
        }

        Assert.True(torn > 0, $"{torn} of 40");
    }

    [Fact]
    [Rule("P-2")]
    public void Flushed_writes_survive_a_power_loss_of_a_plain_disk()
    {
        var lost = 0L;
        for (ulong seed = 1; seed <= 20; seed++)
        {
            Run(seed, splitProbability: 0.3, async rig =>
            {
                await Task.Delay(rig.Random.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(350)), rig.Time);
                rig.Owner.Kill();
                foreach (var disk in rig.Disks)
                {
                    disk.LosePower();
                    lost += disk.Counters.LostSectors;
                }

                var images = rig.Images();
                for (var volume = 0; volume < images.Length; volume++)
                {
                    Assert.Null(SurvivorChecker.Check(rig.History.Current, volume, images[volume]));
                }
            });
        }

        Assert.True(lost > 0);
    }

    [Fact]
    public void A_stamp_names_its_write_and_its_place()
    {
        var sector = new byte[512];
        SectorStamp.Write(sector, 77, 1, 9);
        Assert.True(SectorStamp.TryRead(sector, 1, 9, out var id));
        Assert.Equal(77, id);
        Assert.False(SectorStamp.TryRead(sector, 1, 8, out _));
        sector[300] ^= 1;
        Assert.False(SectorStamp.TryRead(sector, 1, 9, out _));
    }

    private static void Run(ulong seed, double splitProbability, Func<Rig, Task> body)
    {
        var scheduler = new SimScheduler(seed);
        SimDisk[] disks = [.. ((string[])["A0", "A1"]).Select(name => new SimDisk(
            scheduler, name, new SimDiskOptions { LengthBytes = VolumeBytes, SplitProbability = splitProbability }))];
        scheduler.Run(async () =>
        {
            var owner = scheduler.CreateProcess("host");
            var history = new WriteHistory([new byte[VolumeBytes], new byte[VolumeBytes]]);
            var host = new SimHost(owner, "host", [.. disks.Select(d => d.Open(owner))], history, new SimHostOptions { Workers = 6 }, scheduler.Random.Fork("host"));
            var run = owner.InvokeAsync(async () =>
            {
                await host.RunAsync(400);
                return true;
            });
            await body(new Rig(scheduler.World.Time, owner, disks, history, scheduler.Random.Fork("test")));
            if (owner.IsAlive)
            {
                await run;
                Assert.True(history.AcknowledgedCount > 250);
            }

            Assert.Empty(host.Errors);
            Assert.Empty(host.Violations);
        });
    }

    private sealed record Rig(TimeProvider Time, SimProcess Owner, SimDisk[] Disks, WriteHistory History, SimRandom Random)
    {
        public byte[][] Images() => [.. Disks.Select(disk =>
        {
            var image = new byte[VolumeBytes];
            disk.Peek(0, image);
            return image;
        })];
    }
}

using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Scheduling;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>A medium that brings a wrong bit once: the newest copy of what is kept must not be taken for torn (P-2).</summary>
public sealed class CorruptReadTests
{
    [Fact]
    [Rule("P-2")]
    public void A_record_that_is_read_wrong_once_is_not_replaced_by_the_one_before()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            SimScheduler scheduler = new(seed, new SimSchedulerOptions());
            scheduler.Run(async () =>
            {
                MetadataIdentity identity = MetadataIdentity.For(Guid.NewGuid(), Guid.NewGuid(), new GrainGeometry(1 << 20, 4096));
                SimDisk disk = new(scheduler, "M", new SimDiskOptions { LengthBytes = MetadataStore.RequiredLengthBytes(identity.Geometry) });
                SimProcess process = scheduler.CreateProcess("site");
                MetadataStore store = await MetadataStore.CreateAsync(disk.Open(process), identity, default);
                await store.State.WriteAsync(new byte[4000], default);
                await store.State.WriteAsync("newest"u8.ToArray(), default);
                process.Kill();
                process = scheduler.CreateProcess("site");
                disk.Faults.CorruptReads = 1;
                disk.Faults.SkippedReads = (int)(seed % 8);
                Assert.Equal("newest"u8.ToArray(), (await MetadataStore.OpenAsync(disk.Open(process), default)).State.Current.ToArray());
            });
        }
    }
}

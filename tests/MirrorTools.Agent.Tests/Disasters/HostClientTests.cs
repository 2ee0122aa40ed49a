using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Points;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Disasters;

/// <summary>The clients that people use, against a mirrored export, while cycles run.</summary>
public sealed class HostClientTests
{
    private const long ImageBytes = 64L << 20;

    [SkippableTheory]
    [InlineData(WritePolicy.CopyOnWriteLocal)]
    [InlineData(WritePolicy.CopyOnWrite)]
    [InlineData(WritePolicy.Hold)]
    [InlineData(WritePolicy.Merge)]
    [Rule("F-6")]
    public async Task Fio_verifies_what_it_wrote_while_cycles_run(WritePolicy policy)
    {
        Skip.IfNot(Command.Exists("fio"), "fio is not installed");
        await using TwoSites sites = await TwoSites.StartAsync();
        sites.FillSource(ImageBytes);
        await sites.PairAsync(ScheduleKind.Continuous, policy);
        string uri = await TwoSites.MountAsync(sites.Site1);
        Command.Run("fio", "--name=verify", "--ioengine=nbd", "--uri=" + uri, "--rw=randwrite", "--bsrange=512-128k", "--blockalign=512", "--iodepth=16",
            "--size=48m", "--io_size=96m", "--verify=crc32c", "--do_verify=1", "--verify_fatal=1", "--fsync=64", "--rate=40m");
        await sites.UntilCommittedAsync(2);
    }

    [SkippableFact]
    [Rule("P-1")]
    public async Task A_committed_point_is_the_source_as_the_host_left_it()
    {
        Skip.IfNot(Command.Exists("qemu-io") && Command.Exists("qemu-img"), "qemu-utils is not installed");
        await using TwoSites sites = await TwoSites.StartAsync();
        sites.FillSource(ImageBytes);
        await sites.PairAsync(ScheduleKind.Manual);
        string uri = await TwoSites.MountAsync(sites.Site1);
        await sites.CycleAsync();
        Command.Run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 3M", "-c", "write -z 8M 1M", "-c", "discard 16M 2M", "-c", "write -P 7 33554944 512", "-c", "flush", uri);
        long point = await sites.CycleAsync();
        string export = sites.Directory["export.img"];
        await sites.Site2.Client.Points.ExportAsync(TwoSites.PairName, point, new ExportPointRequest { Path = export, Sparse = true }, CancellationToken.None)
            .ContinueWithEnd(sites.Site2);
        Command.Run("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, export);
        Command.Run("qemu-io", "-f", "raw", "-r", "-c", "read -P 0x5a 1M 3M", "-c", "read -P 0 16M 2M", "-c", "read -P 7 33554944 512", export);
    }

    [SkippableFact]
    public async Task Nbdinfo_shows_the_maps_and_nbdcopy_copies_the_volume()
    {
        Skip.IfNot(Command.Exists("nbdinfo") && Command.Exists("nbdcopy"), "libnbd-bin is not installed");
        await using TwoSites sites = await TwoSites.StartAsync();
        sites.FillSource(ImageBytes);
        await sites.PairAsync(ScheduleKind.Manual);
        string uri = await TwoSites.MountAsync(sites.Site1);
        await sites.CycleAsync();
        Assert.Contains("mirrortools:copied", Command.Run("nbdinfo", uri), StringComparison.Ordinal);
        Assert.NotEmpty(Command.Run("nbdinfo", "--map=mirrortools:copied", uri));
        Command.Run("nbdcopy", uri, sites.Directory["copy.img"]);
        Command.Run("cmp", sites.Source, sites.Directory["copy.img"]);
    }
}

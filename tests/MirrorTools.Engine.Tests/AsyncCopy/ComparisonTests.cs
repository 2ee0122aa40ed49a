using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Simulation.Disks;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Sites that are compared by hash: a copy that was brought by other means.</summary>
public sealed class ComparisonTests
{
    [Fact]
    [Rule("P-4")]
    [Rule("P-5")]
    public void A_copy_that_was_brought_by_other_means_is_compared_and_only_what_differs_is_sent() => AsyncRig.Run(
        async rig =>
        {
            await SeedAsync(rig);
            Assert.Equal(2, (await rig.Source.GetStatusAsync()).SentGrains);
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.NeedsComparison = true);

    // Equal in the cache of a system whose power is then lost: the maps said in sync, and the next point was not what it seemed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Rule("P-1")]
    [Rule("P-5")]
    public void What_was_found_equal_is_durable(int seed) => AsyncRig.Run(
        async rig =>
        {
            await SeedAsync(rig);
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        (ulong)seed,
        prepare: rig => rig.NeedsComparison = true);

    // Where nothing differs nothing is sent, and no receipt brings a flush along: the comparison itself has to see to it.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [Rule("P-1")]
    [Rule("P-5")]
    public void What_was_found_equal_is_durable_where_nothing_was_sent(int seed) => AsyncRig.Run(
        async rig =>
        {
            await SeedAsync(rig, different: 0);
            Assert.Equal(0, (await rig.Source.GetStatusAsync()).SentGrains);
            Assert.Equal(rig.Content(rig.A), Durable(rig));
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        (ulong)seed,
        prepare: rig => rig.NeedsComparison = true);

    /// <summary>Site 2 holds what site 1 does but for some grains, none of it flushed; then the sites are joined, compared and in sync.</summary>
    private static async Task SeedAsync(AsyncRig rig, int different = 2)
    {
        await rig.WriteAsync(0, 1, 64);
        SimDiskHandle other = rig.S.Open(rig.Site2);
        await rig.FillAsync(other, 0, 1, 64);
        if (different > 0)
        {
            await rig.FillAsync(other, 20, 7, different);
        }

        await other.DisposeAsync();
        Assert.All(Durable(rig), static value => Assert.Equal(0, value));
        await rig.ConnectAsync();
        await rig.UntilAsync(() => Task.FromResult(rig.Events1.Exists(static seen => seen.Id == PairEventId.Compared)));
        await rig.DrainedAsync();
    }

    private static byte[] Durable(AsyncRig rig)
    {
        byte[] bytes = new byte[rig.Geometry.LengthBytes];
        rig.S.PeekDurable(0, bytes);
        return bytes;
    }
}

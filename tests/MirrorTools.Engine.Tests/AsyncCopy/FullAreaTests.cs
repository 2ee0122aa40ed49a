using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>The area of preserved grains has no room left, and somebody reads an older point from it.</summary>
public sealed class FullAreaTests
{
    /// <summary>An export that took long, under a host that writes much, suspended the pair.</summary>
    [Fact]
    [Rule("A-10")]
    [Rule("P-8")]
    public void A_point_that_is_read_is_given_up_before_the_pair_is() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        byte[] first = rig.Content(rig.A);
        await using PinnedPoint read = await rig.Target.PinAsync();
        await rig.WriteAsync(0, 2, 64);
        await rig.CycleAsync();
        byte[] second = rig.Content(rig.A);
        Assert.Equal(first, await rig.ReadImageAsync(read.Image));

        // The area holds each grain once, and point 1 has all of them in it.
        await rig.WriteAsync(0, 3, 64);
        await rig.DrainedAsync();
        Assert.Equal(TargetState.Waiting, (await rig.Target.GetStatusAsync()).State);
        Assert.Equal(second, await rig.ReadImageAsync(rig.Target.Image));
        BlockDeviceException lost = await Assert.ThrowsAsync<BlockDeviceException>(() => rig.ReadImageAsync(read.Image));
        Assert.Contains("Point 1", lost.Message, StringComparison.Ordinal);
        Assert.Contains(rig.Events2, e => e.Id == PairEventId.RetainedPointDropped);
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });
}

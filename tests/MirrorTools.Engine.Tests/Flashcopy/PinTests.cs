using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Reading the committed image (F-15), and keeping a point as it is while it is read and commits go on (F-28).</summary>
public sealed class PinTests
{
    [Fact]
    [Rule("F-15")]
    public void A_reader_never_sees_a_grain_of_an_uncommitted_point() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            for (byte value = 2; value < 6; value++)
            {
                await rig.WriteAsync(0, value, 64);
                ulong point = await rig.Source.StartCycleAsync(supersede: false);
                while ((await rig.Source.GetStatusAsync()).LastCommitted.Number != point)
                {
                    byte[] image = await rig.ReadImageAsync(rig.Target.Image);
                    Assert.True(image[0] == value || image[0] == value - 1);
                    Assert.All(image, content => Assert.Equal(image[0], content));
                }
            }
        });

    [Fact]
    [Rule("F-15")]
    [Rule("F-28")]
    public void A_kept_point_stays_as_it_is_while_commits_go_on() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong first = await rig.CycleAsync();
        PinnedPoint pin = await rig.Target.PinAsync();
        Assert.Equal(first, pin.Point.Number);
        for (byte value = 2; value < 6; value++)
        {
            await rig.WriteAsync(value, value, 50);
            await rig.CycleAsync();
            Assert.All(await rig.ReadImageAsync(pin.Image), content => Assert.Equal(1, content));
            await rig.SettledAsync();
            Assert.All(await rig.ReadImageAsync(pin.Image), content => Assert.Equal(1, content));
        }

        PinnedPoint last = await rig.Target.PinAsync();
        byte[] expected = rig.Content(rig.A);
        Assert.Equal(expected, await rig.ReadImageAsync(last.Image));
        await rig.WriteAsync(0, 9, 64);
        await rig.CycleAsync();
        await rig.SettledAsync();
        Assert.Equal(expected, await rig.ReadImageAsync(last.Image));
        Assert.All(await rig.ReadImageAsync(pin.Image), content => Assert.Equal(1, content));
        await pin.DisposeAsync();
        await last.DisposeAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-28")]
    public void Only_replaced_grains_are_kept() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await using PinnedPoint pin = await rig.Target.PinAsync();
        await rig.SettledAsync();
        Assert.Null(rig.Kept);
        await rig.WriteAsync(7, 2, 3);
        await rig.CycleAsync();
        await rig.WriteAsync(8, 3, 1);
        await rig.CycleAsync();
        await rig.SettledAsync();
        Assert.Equal(3 * FlashcopyRig.GrainBytes, rig.Content(rig.Kept!).Count(content => content == 1));
    });

    [Fact]
    [Rule("F-28")]
    [Rule("P-8")]
    public void A_point_that_can_not_be_kept_fails_its_reader_and_not_the_mirror() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await using PinnedPoint pin = await rig.Target.PinAsync();
        await rig.WriteAsync(0, 2);
        await rig.CycleAsync();
        await rig.SettledAsync();
        rig.Kept!.Faults.FailingWrites = int.MaxValue;
        await rig.WriteAsync(1, 3);
        await rig.CycleAsync();
        await rig.SettledAsync();
        Assert.Contains("could not be kept", (await Assert.ThrowsAsync<BlockDeviceException>(() => rig.ReadImageAsync(pin.Image))).Message, StringComparison.Ordinal);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });
}

using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Reading the committed image (F-15), and keeping it while it is read (the part of F-28 that is there: a pin delays the next commit).</summary>
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
    [Rule("F-28")]
    public void A_pinned_point_stays_as_it_is_and_the_next_commit_waits_for_it() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong first = await rig.CycleAsync();
        (MirrorTools.Engine.Pairs.CommittedPoint pinned, IAsyncDisposable pin) = await rig.Target.PinAsync();
        Assert.Equal(first, pinned.Number);
        await rig.WriteAsync(0, 2, 64);
        ulong second = await rig.Source.StartCycleAsync(supersede: false);
        await rig.DelayAsync(TimeSpan.FromSeconds(20));
        Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(1, value));
        await pin.DisposeAsync();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == second);
        Assert.All(await rig.ReadImageAsync(rig.Target.Image), value => Assert.Equal(2, value));
    });
}

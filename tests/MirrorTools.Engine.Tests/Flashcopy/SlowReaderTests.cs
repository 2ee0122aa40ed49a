using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>A reader of the committed image who takes long while the next point is committed (F-9, F-15, F-28).</summary>
public sealed class SlowReaderTests
{
    [Fact]
    [Rule("P-1")]
    [Rule("F-15")]
    [Rule("F-28")]
    public void A_point_that_is_kept_while_a_slow_reader_holds_up_the_new_image_is_what_it_says() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.WriteAsync(5, 2);
        rig.D.Faults.ExtraLatency = TimeSpan.FromSeconds(2);
        Task reading = rig.ReadImageAsync(rig.Target.Image);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(5));
        rig.D.Faults.ExtraLatency = TimeSpan.Zero;
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).LastCommitted.Number == point);
        Assert.False(reading.IsCompleted);
        await using PinnedPoint pin = await rig.Target.PinAsync();
        Assert.Equal(point, pin.Point.Number);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(pin.Image));
        await reading;
    });
}

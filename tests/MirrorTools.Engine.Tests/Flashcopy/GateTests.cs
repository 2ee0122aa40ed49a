using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The consistency point as a gate over writes in flight (F-2).</summary>
public sealed class GateTests
{
    [Fact]
    [Rule("F-2")]
    public void A_point_waits_for_writes_in_flight_and_holds_new_ones_until_it_is_taken() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(500);
        Task inFlight = rig.WriteAsync(10, 2);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        Task<ulong> point = rig.Source.StartCycleAsync(supersede: false);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        Task late = rig.WriteAsync(11, 3);
        Assert.False(point.IsCompleted);
        Assert.False(late.IsCompleted);

        await inFlight;
        rig.A.Faults.ExtraLatency = TimeSpan.Zero;
        ulong number = await point;
        await late;
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == number);

        byte[] image = await rig.ReadImageAsync(rig.Target.Image);
        Assert.Equal(2, image[10 * FlashcopyRig.GrainBytes]);
        Assert.Equal(1, image[11 * FlashcopyRig.GrainBytes]);
    });

    [Fact]
    [Rule("F-2")]
    [Rule("P-8")]
    public void A_write_that_hangs_abandons_the_point_and_lets_the_others_go_on() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        rig.A.Faults.ExtraLatency = TimeSpan.FromSeconds(30);
        Task hanging = rig.WriteAsync(10, 2);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        rig.A.Faults.ExtraLatency = TimeSpan.Zero;

        PairException refused = await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: false));

        Assert.Equal(PairError.GateTimedOut, refused.Error);
        await rig.WriteAsync(11, 3);
        Assert.False(hanging.IsCompleted);
        await hanging;
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-2")]
    public void Without_the_gate_a_point_may_hold_half_of_what_was_in_flight()
    {
        // The deliberate fault shows that the tests above can fail: the write in flight is neither waited for nor marked for the point.
        FlashcopyRig.Run(
            async rig =>
            {
                await rig.WriteAsync(0, 1, 64);
                await rig.ConnectAsync();
                await rig.CycleAsync();
                rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(500);
                Task inFlight = rig.WriteAsync(10, 2);
                await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
                ulong point = await rig.Source.StartCycleAsync(supersede: false);
                Assert.False(inFlight.IsCompleted);
                rig.A.Faults.ExtraLatency = TimeSpan.Zero;
                await inFlight;
                await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
            },
            prepare: rig => rig.Faults = new FlashcopyFaults { LetWritesPastGate = true });
    }

    [Fact]
    [Rule("F-26")]
    public void A_second_cycle_is_refused_while_one_runs() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(200);
        await rig.Source.StartCycleAsync(supersede: false);
        PairException refused = await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: false));
        Assert.Equal(PairError.CycleRunning, refused.Error);
    });
}

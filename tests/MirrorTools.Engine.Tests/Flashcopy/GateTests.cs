using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
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
            prepare: rig => rig.Faults = new MirrorFaults { LetWritesPastGate = true });
    }

    [Theory]
    [Rule("F-26")]
    [InlineData(nameof(SourceState.ClosingGate))]
    [InlineData(nameof(SourceState.Merging))]
    [InlineData(nameof(SourceState.Copying))]
    [InlineData(nameof(SourceState.Completing))]
    [InlineData(nameof(SourceState.Recording))]
    public void A_second_cycle_is_refused_from_the_first_one_s_beginning_to_its_end(string state) => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(0, 2, 9);
        Task<ulong>? second = null;
        rig.Transition = (machine, _, _, to) =>
        {
            if (machine == "source" && to == state)
            {
                rig.Transition = null;
                second = rig.Source.StartCycleAsync(supersede: false);
            }
        };
        ulong point = await rig.CycleAsync();
        Assert.Equal(PairError.CycleRunning, (await Assert.ThrowsAsync<PairException>(() => second!)).Error);
        Assert.Equal(point, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        Assert.Equal(2, rig.Events1.Count(seen => seen.Id == PairEventId.PointTaken));
        Assert.DoesNotContain(rig.Events1, seen => seen.Id is PairEventId.PointSuperseded or PairEventId.PointGivenUp or PairEventId.InvariantBroken);
        await rig.CycleAsync();
    });
}

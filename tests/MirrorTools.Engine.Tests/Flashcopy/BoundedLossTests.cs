using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What a lost source costs (P-3): what was written since t1 of the last committed point, which both sides show.</summary>
public sealed class BoundedLossTests
{
    [Theory]
    [Rule("P-3")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_recovery_loses_only_what_was_written_since_the_time_it_shows(int seed) => FlashcopyRig.Run(
        async rig =>
        {
            List<(byte Value, DateTimeOffset Issued, DateTimeOffset Acknowledged)> writes = [];
            await rig.ConnectAsync();
            await rig.CycleAsync();
            rig.C.Faults.ExtraLatency = TimeSpan.FromMilliseconds(30);
            await rig.Source.SetScheduleAsync(CycleSchedule.Continuous);
            for (byte value = 1; value < 200; value++)
            {
                // Each write has a grain of its own, so that the image says of each whether it is in.
                DateTimeOffset issued = rig.Scheduler.UtcNow;
                await rig.WriteAsync(value, value);
                writes.Add((value, issued, rig.Scheduler.UtcNow));
                await rig.DelayAsync(TimeSpan.FromMilliseconds(37));
            }

            CommittedPoint shown = (await rig.Source.GetStatusAsync()).LastCommitted;
            rig.KillSite1(losePower: true);
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            TargetStatus before = await rig.Target.GetStatusAsync();
            CommittedPoint recovered = await rig.Target.RecoverAsync(force: false);
            MirrorSource source = await MirrorSource.OpenAsync(rig.Parts2());
            byte[] image = await rig.ReadImageAsync(source.Volume);

            Assert.Equal(before.LastCommitted, recovered);
            Assert.Equal(recovered, (await source.GetStatusAsync()).LastCommitted);
            Assert.True(recovered.Number >= shown.Number && recovered.TakenAt >= shown.TakenAt);
            Assert.True(recovered.TakenAt < recovered.CommittedAt);
            foreach ((byte value, DateTimeOffset issued, DateTimeOffset acknowledged) in writes)
            {
                bool isIn = image[value * FlashcopyRig.GrainBytes] == value;
                Assert.True(isIn || acknowledged >= recovered.TakenAt, $"Write {value}, acknowledged at {acknowledged:O}, is lost, but t1 is {recovered.TakenAt:O}.");
                Assert.True(!isIn || issued <= recovered.TakenAt, $"Write {value}, issued at {issued:O}, is in, but t1 is {recovered.TakenAt:O}.");
            }

            // Both kinds, or nothing was shown.
            Assert.Contains(writes, write => write.Acknowledged < recovered.TakenAt);
            Assert.Contains(writes, write => write.Issued > recovered.TakenAt);
        },
        (ulong)seed,
        grains: 256);

    [Fact]
    [Rule("P-3")]
    public void The_bound_is_t1_and_not_the_time_of_the_commit() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(5, 2);
        rig.C.Faults.ExtraLatency = TimeSpan.FromSeconds(1);
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(300);
        Task inFlight = rig.WriteAsync(6, 3);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(10));
        DateTimeOffset asked = rig.Scheduler.UtcNow;
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        DateTimeOffset taken = rig.Scheduler.UtcNow;
        await inFlight;
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);

        // The point waited for the write in flight, so its instant is after that; what came next is not in it.
        CommittedPoint one = (await rig.Source.GetStatusAsync()).LastCommitted;
        Assert.Equal(one, (await rig.Target.GetStatusAsync()).LastCommitted);
        Assert.InRange(one.TakenAt, asked + TimeSpan.FromMilliseconds(200), taken);
        Assert.True(one.CommittedAt >= one.TakenAt + TimeSpan.FromSeconds(1));
        Assert.Equal(3, (await rig.ReadImageAsync(rig.Target.Image))[6 * FlashcopyRig.GrainBytes]);
    });
}

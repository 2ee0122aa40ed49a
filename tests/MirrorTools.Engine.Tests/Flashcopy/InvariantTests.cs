using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What has to hold of the maps at each step of the scheduler, whatever dies in between (F-7).</summary>
public sealed class InvariantTests
{
    [Theory]
    [Rule("F-7")]
    [InlineData(11, WritePolicy.CopyOnWriteLocal)]
    [InlineData(22, WritePolicy.CopyOnWrite)]
    [InlineData(33, WritePolicy.Hold)]
    [InlineData(44, WritePolicy.Merge)]
    public void While_a_cycle_lives_what_changed_is_in_B_and_on_the_target_at_every_step(ulong seed, WritePolicy policy)
    {
        long looks = 0;
        FlashcopyRig.Run(
            async rig =>
            {
                FlashcopyTorture torture = new(rig, seed) { Invariant = () => looks += Look(rig) };
                await torture.RunAsync(TimeSpan.FromSeconds(8), strikes: 8);
                await torture.SettleAsync();
            },
            seed,
            grains: 130,
            rig =>
            {
                // Arrivals meet grains that are not on D yet.
                rig.D.Faults.ExtraLatency = TimeSpan.FromMilliseconds(15);
                rig.Options = new MirrorOptions { WritePolicy = policy, RunBytes = 16 * 1024, CoolingInterval = TimeSpan.FromMilliseconds(300) };
            });
        Assert.True(looks > 1000, $"Only {looks} steps had a future bit: too few to say anything.");
    }

    // 1 where there was something to look at.
    private static int Look(FlashcopyRig rig)
    {
        SourceMaps one = rig.Source.Maps;
        WriteMode mode = one.Mode;
        int marks = 0;
        if (mode.CycleIsLive)
        {
            marks += CountInside(mode.Future, one.InB, "future1 without inB");
        }

        marks += CountInside(rig.Target.Maps.Future, rig.Target.Maps.Copied, "future2 without copied2");
        return Math.Min(1, marks);
    }

    private static int CountInside(GrainMap marks, GrainMap map, string what)
    {
        int count = 0;
        for (long grain = marks.NextSet(0); grain < marks.GrainCount; grain = marks.NextSet(grain + 1))
        {
            Assert.True(map[grain], $"Grain {grain}: {what}.");
            count++;
        }

        return count;
    }
}

using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

public sealed class PreservedAreaPowerCutTests
{
    private const int Seeds = 20;

    // Before the batch 248 slots are taken, so that it needs two blocks of the table. Its grains are no neighbours: each is a write.
    private const long Slots = 300;
    private const long Grains = 300;
    private const long FirstZero = 50;
    private const long EndOfZeros = FirstZero + 246;
    private const long EndOfBatch = 26;

    private static readonly long[] s_batch = [.. Enumerable.Range(1, 12).Select(index => 2L * index)];

    [Fact]
    [Rule("A-6")]
    public async Task Power_cut_at_any_step_of_preserving_shows_only_grains_that_are_whole()
    {
        int shownThoughNotReturned = 0;
        for (int step = 0, steps = int.MaxValue; step <= steps; step++)
        {
            for (int seed = 0; seed < Seeds; seed++)
            {
                AreaBed bed = await BedAsync();
                int before = bed.Power.Operations;
                bed.Power.CutAfter(step);
                Task preserve = PreserveManyAsync(bed);
                Assert.Equal(bed.Power.IsOff, !preserve.IsCompleted);
                steps = preserve.IsCompleted ? bed.Power.Operations - before : steps;
                await bed.ReopenAfterPowerLossAsync(new Random(seed), 1, 2);
                Assert.Equal((5, 6), (await bed.ShownAsync(1, 0), await bed.ShownAsync(2, 1)));
                for (long grain = 2; grain < EndOfBatch; grain++)
                {
                    int shown = await bed.ShownAsync(2, grain);
                    Assert.True(
                        (shown == StampOf(grain) && grain % 2 == 0) || (shown == -1 && (!preserve.IsCompleted || grain % 2 == 1)),
                        $"step {step}, seed {seed}: grain {grain} shows {shown}");
                    shownThoughNotReturned += shown >= 0 && !preserve.IsCompleted ? 1 : 0;
                }
            }
        }

        Assert.True(shownThoughNotReturned > 0, "The seeds try too little.");
    }

    [Fact]
    [Rule("A-9")]
    public async Task Power_cut_at_any_step_of_taking_out_leaves_each_grain_in_or_out()
    {
        for (int step = 0, steps = int.MaxValue; step <= steps; step++)
        {
            for (int seed = 0; seed < Seeds; seed++)
            {
                AreaBed bed = await BedAsync();
                await PreserveManyAsync(bed);
                int before = bed.Power.Operations;
                bed.Power.CutAfter(step);
                Task remove = bed.Area.RemoveAsync([new GrainRange(4, 10), new GrainRange(FirstZero, 200)]);
                steps = remove.IsCompleted ? bed.Power.Operations - before : steps;
                await bed.ReopenAfterPowerLossAsync(new Random(seed), 1, 2);
                foreach (long grain in s_batch.Concat([FirstZero, FirstZero + 199, FirstZero + 200, EndOfZeros - 1]))
                {
                    bool mayBeOut = grain is (>= 4 and < 14) or (>= FirstZero and < FirstZero + 200);
                    int shown = await bed.ShownAsync(2, grain);
                    Assert.True(
                        (shown == StampOf(grain) && !(mayBeOut && remove.IsCompleted)) || (shown == -1 && mayBeOut), $"step {step}, seed {seed}: grain {grain} shows {shown}");
                }
            }
        }
    }

    [Fact]
    public async Task Power_cut_at_any_step_of_clearing_leaves_all_or_nothing()
    {
        for (int step = 0, steps = int.MaxValue; step <= steps; step++)
        {
            for (int seed = 0; seed < Seeds; seed++)
            {
                AreaBed bed = await BedAsync();
                int before = bed.Power.Operations;
                bed.Power.CutAfter(step);
                Task clear = bed.Area.ClearAsync();
                steps = clear.IsCompleted ? bed.Power.Operations - before : steps;
                bool isKnown = bed.Area.Layers.Count == 0;
                await bed.ReopenAfterPowerLossAsync(new Random(seed), 1, 2);
                (int first, int second) = (await bed.ShownAsync(1, 0), await bed.ShownAsync(2, 1));
                Assert.True((first, second) == (-1, -1) || ((first, second) == (5, 6) && !isKnown), $"step {step}, seed {seed}: {first}, {second}");
                await bed.PreserveAsync(9);
                await bed.ReopenAfterPowerLossAsync(new Random(seed), 1, 2);
                Assert.Equal(StampOf(9), await bed.ShownAsync(2, 9));
                Assert.Equal(first, await bed.ShownAsync(1, 0));
            }
        }
    }

    [Fact]
    public async Task Power_cut_at_any_step_of_a_creation_leaves_what_can_not_be_opened_or_is_whole()
    {
        for (int step = 0, steps = int.MaxValue; step <= steps; step++)
        {
            for (int seed = 0; seed < Seeds; seed++)
            {
                AreaBed bed = await BedAsync();
                int before = bed.Power.Operations;
                bed.Power.CutAfter(step);
                Task create = PreservedArea.CreateAsync(bed.Disk, AreaBed.PairId, bed.Geometry);
                steps = create.IsCompleted ? bed.Power.Operations - before : steps;
                try
                {
                    await bed.ReopenAfterPowerLossAsync(new Random(seed), 1, 2);
                }
                catch (MetadataCorruptException)
                {
                    Assert.False(create.IsCompleted);
                    continue;
                }

                (int first, int second) = (await bed.ShownAsync(1, 0), await bed.ShownAsync(2, 1));
                Assert.True((first, second) == (-1, -1) || (step <= 1 && (first, second) == (5, 6)), $"step {step}, seed {seed}: {first}, {second}");
            }
        }
    }

    /// <summary>Two layers with a grain each and many grains of zeros in the newer one, and stamps for the batch.</summary>
    private static async Task<AreaBed> BedAsync()
    {
        AreaBed bed = await AreaBed.CreateAsync(Slots, Grains, 1);
        bed.Stamp(0, 5);
        bed.Stamp(1, 6);
        await bed.PreserveAsync(0);
        bed.Area.BeginLayer(2);
        await bed.PreserveAsync(1);
        await bed.Area.PreserveAsync([new GrainRange(FirstZero, EndOfZeros - FirstZero)], bed.Volume);
        for (long grain = 2; grain < EndOfBatch; grain++)
        {
            bed.Stamp(grain, (byte)StampOf(grain));
        }

        return bed;
    }

    private static Task PreserveManyAsync(AreaBed bed) => bed.PreserveAsync(s_batch);

    private static int StampOf(long grain) => grain % 5 == 0 || grain >= EndOfBatch ? 0 : (int)grain;
}

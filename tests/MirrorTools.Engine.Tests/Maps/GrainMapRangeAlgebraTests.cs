using MirrorTools.Engine.Maps;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

public sealed class GrainMapRangeAlgebraTests
{
    private const int Grains = (3 * GrainMap.GrainsPerPage) + 100;

    [Fact]
    public void Or_in_a_run_agrees_with_the_naive_model_and_leaves_the_rest_alone()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new(seed);
            (GrainMap target, NaiveMap targetModel) = SomeMap(random);
            (GrainMap mask, NaiveMap maskModel) = SomeMap(random);
            if (random.Next(2) == 0)
            {
                // A scan beforehand fills the summary level, which the operation may rely on and must keep right.
                _ = target.Ranges(true).Count() + mask.Ranges(true).Count() + target.NextClear(0) + mask.NextClear(0);
            }

            GrainRange range = SomeRange(random);
            GrainMap.Or(target, mask, range);
            for (long grain = range.First; grain < range.End; grain++)
            {
                targetModel.Bits[grain] |= maskModel.Bits[grain];
            }

            targetModel.AssertSame(target, $"seed {seed}, {range}");
            maskModel.AssertSame(mask, $"seed {seed}: the mask");
            Assert.Equal(targetModel.Next(0, true), target.NextSet(0));
            Assert.Equal(targetModel.Next(0, false), target.NextClear(0));
        }
    }

    [Fact]
    public void Runs_inside_a_run_are_those_of_the_map_cut_to_it()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            Random random = new(seed);
            (GrainMap map, _) = SomeMap(random);
            GrainRange within = SomeRange(random);
            bool value = random.Next(2) == 0;
            IEnumerable<GrainRange> expected = map.Ranges(value)
                .Select(run => (First: Math.Max(run.First, within.First), End: Math.Min(run.End, within.End)))
                .Where(run => run.First < run.End)
                .Select(run => new GrainRange(run.First, run.End - run.First));
            Assert.Equal(expected, map.Ranges(within, value));
        }
    }

    [Fact]
    public void A_run_outside_the_map_and_a_mask_of_another_size_are_refused()
    {
        GrainMap map = new(100, initialValue: false);
        Assert.Throws<ArgumentOutOfRangeException>(() => GrainMap.Or(map, map, new GrainRange(50, 51)));
        Assert.Throws<ArgumentException>(() => GrainMap.Or(map, new GrainMap(99, initialValue: false), new GrainRange(0, 1)));
    }

    private static GrainRange SomeRange(Random random)
    {
        // Whole pages as often as not: those are combined as a whole.
        long first = random.Next(2) == 0 ? GrainMap.GrainsPerPage * random.NextInt64(3) : random.NextInt64(Grains);
        long end = random.Next(2) == 0 ? Math.Min(Grains, first + GrainMap.GrainsPerPage) : random.NextInt64(first, Grains + 1);
        return new GrainRange(first, end - first);
    }

    private static (GrainMap Map, NaiveMap Model) SomeMap(Random random)
    {
        bool initial = random.Next(2) == 0;
        GrainMap map = new(Grains, initial);
        NaiveMap model = new(Grains, initial);
        for (int step = 0; step < 8; step++)
        {
            bool value = random.Next(2) == 0;
            GrainRange range = SomeRange(random);
            _ = value ? map.SetRange(range) : map.ClearRange(range);
            model.Change(range, value);
        }

        return (map, model);
    }
}

using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache.Hardening;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

public sealed class HardeningRangesTests
{
    [Theory]
    [InlineData(12, 3, 3)]
    [InlineData(10, 4, 4)]
    [InlineData(9, 6, 5)]
    [InlineData(1, 4, 1)]
    [InlineData(3, 4096, 3)]
    [InlineData(1L << 34, 4096, 4096)]
    [Rule("S-2")]
    public void Ranges_cover_the_volume_without_gaps_and_each_grain_finds_its_own(long grains, int wanted, int count)
    {
        HardeningRanges ranges = new(grains, wanted);
        Assert.Equal(count, ranges.Count);
        long next = 0;
        for (int range = 0; range < ranges.Count; range++)
        {
            GrainRange run = ranges.GrainsOf(range);
            Assert.Equal(next, run.First);
            Assert.True(run.Count > 0);
            Assert.Equal(range, ranges.RangeOf(run.First));
            Assert.Equal(range, ranges.RangeOf(run.End - 1));
            next = run.End;
        }

        Assert.Equal(grains, next);
    }

    [Fact]
    public void A_run_is_cut_where_a_range_ends()
    {
        HardeningRanges ranges = new(12, 3);
        Assert.Equal(new GrainRange(2, 2), ranges.FirstPart(new GrainRange(2, 9), out int range));
        Assert.Equal(0, range);
        Assert.Equal(new GrainRange(9, 2), ranges.FirstPart(new GrainRange(9, 2), out range));
        Assert.Equal(2, range);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void A_range_that_is_not_there_is_known_as_such(int range) => Assert.False(new HardeningRanges(12, 3).Contains(range));
}

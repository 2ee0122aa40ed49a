using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

[Rule("F-25")]
public sealed class GrainGeometryTests
{
    [Theory]
    [InlineData(512, 4096)]
    [InlineData(1L << 46, 4096)]
    [InlineData(1L << 46, 4 << 20)]
    [InlineData((1L << 40) + 512, 65536)]
    public void Sizes_within_the_bounds_are_taken(long lengthBytes, int grainBytes)
    {
        GrainGeometry geometry = new(lengthBytes, grainBytes);
        Assert.Equal(grainBytes, geometry.GrainBytes);
        Assert.Equal((lengthBytes + grainBytes - 1) / grainBytes, geometry.GrainCount);
    }

    [Theory]
    [InlineData(0, 65536, "volume")]
    [InlineData(-512, 65536, "volume")]
    [InlineData(1000, 65536, "multiple of 512")]
    [InlineData((1L << 46) + 512, 65536, "64 TiB")]
    [InlineData(1 << 20, 2048, "power of two")]
    [InlineData(1 << 20, 65537, "power of two")]
    [InlineData(1 << 20, 8 << 20, "power of two")]
    [InlineData(1 << 20, 0, "power of two")]
    public void Sizes_out_of_the_bounds_are_refused_with_the_bound(long lengthBytes, int grainBytes, string names)
    {
        Assert.Contains(names, Assert.Throws<ArgumentException>(() => new GrainGeometry(lengthBytes, grainBytes)).Message);
        Assert.Contains(names, GrainGeometry.Validate(lengthBytes, grainBytes));
    }

    [Fact]
    public void The_last_grain_may_be_short()
    {
        GrainGeometry geometry = new((10 * 4096) + 512, 4096);
        Assert.Equal(11, geometry.GrainCount);
        Assert.Equal(512, geometry.LengthOf(10, 1));
        Assert.Equal(4096 + 512, geometry.LengthOf(9, 2));
        Assert.Equal(4096, geometry.LengthOf(0, 1));
    }

    [Fact]
    public void A_range_of_bytes_is_covered_by_every_grain_it_touches()
    {
        GrainGeometry geometry = new(1 << 20, 4096);
        Assert.Equal(new GrainRange(0, 1), geometry.Covering(0, 4096));
        Assert.Equal(new GrainRange(0, 2), geometry.Covering(3584, 1024));
        Assert.Equal(new GrainRange(1, 3), geometry.Covering(4096, 8704));
        Assert.Equal(0, geometry.Covering(4096, 0).Count);
        Assert.Equal(8192, geometry.OffsetOf(2));
    }
}

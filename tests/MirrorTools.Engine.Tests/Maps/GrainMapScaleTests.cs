using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

[Rule("F-24")]
public sealed class GrainMapScaleTests
{
    [Fact]
    public void An_idle_cycle_over_64_TiB_touches_the_pages_alone()
    {
        const long grains = 1L << 30;
        GrainMap copied = new(grains, initialValue: true);
        GrainMap future = new(grains, initialValue: false);
        List<int> changed = [];
        GrainMap.AndNot(copied, future, changed.Add);
        Assert.Empty(changed);
        Assert.Equal(grains, copied.NextClear(0));
        Assert.Equal(grains, copied.CountSet());

        future.Set(grains - 1);
        future.Set(123_456_789);
        GrainMap.AndNot(copied, future, changed.Add);
        Assert.Equal([GrainMap.PageOf(123_456_789), copied.PageCount - 1], changed);
        Assert.Equal([new GrainRange(123_456_789, 1), new GrainRange(grains - 1, 1)], copied.Ranges(false));
    }
}

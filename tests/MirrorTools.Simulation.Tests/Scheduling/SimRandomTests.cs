using MirrorTools.Simulation.Scheduling;
using Xunit;

namespace MirrorTools.Simulation.Tests.Scheduling;

public sealed class SimRandomTests
{
    [Fact]
    public void A_seed_gives_the_same_numbers_on_every_machine()
    {
        var random = new SimRandom(42);
        ulong[] numbers = [random.NextUInt64(), random.NextUInt64(), random.NextUInt64()];
        Assert.Equal([1546998764402558742UL, 6990951692964543102UL, 12544586762248559009UL], numbers);
    }

    [Fact]
    public void Numbers_stay_in_their_range_and_reach_its_ends()
    {
        var random = new SimRandom(1);
        var seen = new HashSet<int>();
        for (var i = 0; i < 1000; i++)
        {
            seen.Add(random.Next(-2, 3));
        }

        Assert.Equal([-2, -1, 0, 1, 2], seen.Order());
    }
}

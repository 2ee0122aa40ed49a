using MirrorTools.Engine.Maps;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

/// <summary>The model that <see cref="GrainMap"/> is compared with: an array of bits and loops that can't be wrong.</summary>
internal sealed class NaiveMap(int grainCount, bool initialValue)
{
    public bool[] Bits { get; } = [.. Enumerable.Repeat(initialValue, grainCount)];

    public void Change(GrainRange range, bool value) => Array.Fill(Bits, value, (int)range.First, (int)range.Count);

    public void Combine(NaiveMap mask, Func<bool, bool, bool> combine)
    {
        for (int grain = 0; grain < Bits.Length; grain++)
        {
            Bits[grain] = combine(Bits[grain], mask.Bits[grain]);
        }
    }

    public long Next(long from, bool value)
    {
        while (from < Bits.Length && Bits[from] != value)
        {
            from++;
        }

        return from;
    }

    public void AssertSame(GrainMap map, string because)
    {
        Assert.Equal(Bits.Length, map.GrainCount);
        Assert.True(Bits.LongCount(bit => bit) == map.CountSet(), because);
        for (int grain = 0; grain < Bits.Length; grain++)
        {
            Assert.True(Bits[grain] == map[grain], $"{because}: grain {grain}");
        }
    }
}

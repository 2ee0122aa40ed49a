using MirrorTools.Engine.Maps;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

public sealed class GrainMapTests
{
    private const int Grains = (3 * GrainMap.GrainsPerPage) + 777;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Any_sequence_of_operations_agrees_with_the_naive_model(int seed)
    {
        Random random = new(seed);
        bool initial = random.Next(2) == 0;
        GrainMap map = new(Grains, initial);
        NaiveMap model = new(Grains, initial);
        for (int step = 0; step < 300; step++)
        {
            string because = $"seed {seed}, step {step}";
            long grain = random.Next(Grains);
            GrainRange range = SomeRange(random);
            switch (random.Next(6))
            {
                case 0:
                    Assert.True(map.Set(grain) == !model.Bits[grain], because);
                    model.Bits[grain] = true;
                    break;
                case 1:
                    Assert.True(map.Clear(grain) == model.Bits[grain], because);
                    model.Bits[grain] = false;
                    break;
                case 2:
                case 3:
                    bool value = random.Next(2) == 0;
                    long expected = model.Bits.Skip((int)range.First).Take((int)range.Count).Count(bit => bit != value);
                    Assert.True(expected == (value ? map.SetRange(range) : map.ClearRange(range)), because);
                    model.Change(range, value);
                    break;
                case 4:
                    map.MaterialisePages(range);
                    break;
                default:
                    int page = random.Next(map.PageCount);
                    ulong[] words = new ulong[GrainMap.WordsPerPage];
                    map.ReadPage(page, words);
                    map.LoadPage(page, words);
                    break;
            }

            AssertScansAgree(map, model, grain, range, because);
        }

        model.AssertSame(map, $"seed {seed}");
        Assert.Equal(model.Bits.LongCount(bit => bit), map.Ranges(true).Sum(run => run.Count));
        Assert.Equal(model.Bits.LongCount(bit => !bit), map.Ranges(false).Sum(run => run.Count));
    }

    [Theory]
    [InlineData(GrainMap.GrainsPerPage)]
    [InlineData(GrainMap.GrainsPerPage + 1)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(Grains)]
    public void Bits_beyond_the_last_grain_never_show(int grains)
    {
        GrainMap map = new(grains, initialValue: true);
        Assert.Equal(grains, map.CountSet());
        Assert.Equal(grains, map.NextClear(0));
        Assert.True(map.Clear(grains - 1));
        Assert.True(map.Set(grains - 1));
        Assert.Equal(grains, map.CountSet());
        Assert.Equal(grains, map.NextClear(0));
        Assert.Equal(grains, map.RunEnd(0));

        GrainMap other = new(grains, initialValue: false);
        GrainMap.OrNot(other, new GrainMap(grains, initialValue: false));
        Assert.Equal(grains, other.CountSet());
        other.Clear(0);
        GrainMap.OrNot(other, new GrainMap(grains, initialValue: false));
        ulong[] words = new ulong[GrainMap.WordsPerPage];
        other.ReadPage(other.PageCount - 1, words);
        Assert.Equal(other.GrainCountInPage(other.PageCount - 1), words.Sum(word => (long)ulong.PopCount(word)));
    }

    [Fact]
    public void A_page_whose_bits_are_equal_takes_no_memory_when_loaded()
    {
        GrainMap map = new(Grains, initialValue: false);
        int last = map.PageCount - 1;
        map.LoadPage(last, Enumerable.Repeat(ulong.MaxValue, GrainMap.WordsPerPage).ToArray());
        Assert.True(map.IsUniform(last, out bool value));
        Assert.True(value);
        Assert.Equal(map.GrainCountInPage(last), map.CountSet());

        map.LoadPage(last, new ulong[GrainMap.WordsPerPage]);
        Assert.True(map.IsUniform(last, out value));
        Assert.False(value);
    }

    [Fact]
    public void A_grain_out_of_range_is_refused()
    {
        GrainMap map = new(100, initialValue: false);
        Assert.Throws<ArgumentOutOfRangeException>(() => map.Set(100));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.Clear(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => map[100]);
        Assert.Throws<ArgumentOutOfRangeException>(() => map.SetRange(new GrainRange(99, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.AllSet(new GrainRange(long.MaxValue, 1)));
        Assert.Throws<ArgumentException>(() => GrainMap.Or(map, new GrainMap(101, initialValue: false)));
    }

    private static GrainRange SomeRange(Random random)
    {
        int first = random.Next(Grains);
        int count = random.Next(4) switch
        {
            0 => random.Next(3),
            1 => random.Next(200),
            2 => GrainMap.GrainsPerPage * random.Next(1, 3),
            _ => random.Next(Grains),
        };
        first = random.Next(3) == 0 ? first / GrainMap.GrainsPerPage * GrainMap.GrainsPerPage : first;
        return new GrainRange(first, Math.Min(count, Grains - first));
    }

    private static void AssertScansAgree(GrainMap map, NaiveMap model, long from, GrainRange range, string because)
    {
        foreach (long start in (long[])[0, from, range.First])
        {
            Assert.True(model.Next(start, true) == map.NextSet(start), because);
            Assert.True(model.Next(start, false) == map.NextClear(start), because);
            Assert.True(model.Next(start, !model.Bits[start]) == map.RunEnd(start), because);
        }

        int set = model.Bits.AsSpan((int)range.First, (int)range.Count).Count(true);
        Assert.True(set == map.CountSet(range), because);
        Assert.True((set == range.Count) == map.AllSet(range), because);
        Assert.True((set == 0) == map.NoneSet(range), because);
    }
}

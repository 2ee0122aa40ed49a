using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

public sealed class GrainMapAlgebraTests
{
    private const int Grains = (5 * GrainMap.GrainsPerPage) + 100;

    public static TheoryData<string, int> Operations()
    {
        TheoryData<string, int> data = [];
        foreach (string operation in (string[])["AndNot", "Or", "OrNot", "And", "Xor"])
        {
            for (int seed = 1; seed <= 12; seed++)
            {
                data.Add(operation, seed);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_agrees_with_the_naive_model_and_reports_the_pages_it_changed(string operation, int seed)
    {
        Random random = new(seed);
        (GrainMap target, NaiveMap targetModel) = SomeMap(random);
        (GrainMap mask, NaiveMap maskModel) = SomeMap(random);
        NaiveMap before = new(Grains, false);
        targetModel.Bits.CopyTo(before.Bits, 0);
        if (random.Next(2) == 0)
        {
            // A scan beforehand fills the summary level, which the operation may rely on.
            _ = target.Ranges(true).Count() + mask.Ranges(true).Count() + target.NextClear(0) + mask.NextClear(0);
        }

        List<int> pages = [];
        (Action<GrainMap, GrainMap, Action<int>?> apply, Func<bool, bool, bool> combine) = Named(operation);
        apply(target, mask, pages.Add);
        targetModel.Combine(maskModel, combine);

        targetModel.AssertSame(target, $"{operation}, seed {seed}");
        maskModel.AssertSame(mask, $"{operation}, seed {seed}: the mask");
        int[] changed = [.. Enumerable.Range(0, target.PageCount).Where(page => !Page(targetModel, page).SequenceEqual(Page(before, page)))];
        Assert.Equal(changed, pages);
        Assert.Equal(targetModel.Next(0, true), target.NextSet(0));
        Assert.Equal(targetModel.Next(0, false), target.NextClear(0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [Rule("F-3")]
    public void The_three_forms_of_renewal_agree_where_the_future_map_is_a_subset(int seed)
    {
        Random random = new(seed);
        GrainMap complete = new(Grains, initialValue: true);
        (GrainMap future, _) = SomeMap(random);

        // After completion every grain is copied: NOT future, map XOR future and map AND NOT future are one.
        GrainMap not = new(Grains, initialValue: false);
        GrainMap.OrNot(not, future);
        AssertSame(not, Renewed(complete, future, GrainMap.Xor));
        AssertSame(not, Renewed(complete, future, GrainMap.AndNot));

        // At any time, with future a subset of the map: XOR and AND NOT are one.
        (GrainMap copied, _) = SomeMap(random);
        GrainMap subset = Renewed(future, copied, GrainMap.And);
        AssertSame(Renewed(copied, subset, GrainMap.Xor), Renewed(copied, subset, GrainMap.AndNot));
    }

    [Fact]
    [Rule("F-3")]
    public void After_renewing_exactly_the_changed_grains_are_to_be_copied()
    {
        GrainMap copied = new(Grains, initialValue: true);
        GrainMap future = new(Grains, initialValue: false);
        long[] changed = [7, 103, GrainMap.GrainsPerPage + 5, Grains - 1];
        foreach (long grain in changed)
        {
            future.Set(grain);
        }

        GrainMap.AndNot(copied, future);
        Assert.Equal(changed, copied.Ranges(false).Select(run => run.First));
        Assert.Equal(Grains - changed.Length, copied.CountSet());
    }

    [Fact]
    public void A_map_combined_with_itself_is_what_logic_says()
    {
        (GrainMap map, NaiveMap model) = SomeMap(new Random(9));
        GrainMap.And(map, map);
        GrainMap.Or(map, map);
        model.AssertSame(map, "AND and OR with itself");
        GrainMap.Xor(map, map);
        Assert.Equal(0, map.CountSet());
    }

    private static (Action<GrainMap, GrainMap, Action<int>?> Apply, Func<bool, bool, bool> Combine) Named(string operation) => operation switch
    {
        "AndNot" => (GrainMap.AndNot, (target, mask) => target & !mask),
        "Or" => (GrainMap.Or, (target, mask) => target | mask),
        "OrNot" => (GrainMap.OrNot, (target, mask) => target | !mask),
        "And" => (GrainMap.And, (target, mask) => target & mask),
        _ => (GrainMap.Xor, (target, mask) => target ^ mask),
    };

    private static GrainMap Renewed(GrainMap map, GrainMap future, Action<GrainMap, GrainMap, Action<int>?> renew)
    {
        GrainMap copy = new(Grains, initialValue: false);
        GrainMap.Or(copy, map);
        renew(copy, future, null);
        return copy;
    }

    private static void AssertSame(GrainMap expected, GrainMap actual) =>
        Assert.Equal(expected.Ranges(true), actual.Ranges(true));

    private static ReadOnlySpan<bool> Page(NaiveMap model, int page) =>
        model.Bits.AsSpan(page * GrainMap.GrainsPerPage, Math.Min(GrainMap.GrainsPerPage, Grains - (page * GrainMap.GrainsPerPage)));

    private static (GrainMap Map, NaiveMap Model) SomeMap(Random random)
    {
        bool initial = random.Next(2) == 0;
        GrainMap map = new(Grains, initial);
        NaiveMap model = new(Grains, initial);
        for (int step = 0; step < 12; step++)
        {
            bool value = random.Next(2) == 0;
            int page = random.Next(map.PageCount);
            GrainRange whole = map.GrainsOf(page);
            long from = whole.First + random.NextInt64(whole.Count);
            GrainRange range = random.Next(2) == 0 ? whole : new GrainRange(from, random.NextInt64(whole.End - from) + 1);
            _ = value ? map.SetRange(range) : map.ClearRange(range);
            model.Change(range, value);
        }

        return (map, model);
    }
}

using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

/// <summary>Real threads on one map: what an atomic operation reported is what the map ends with.</summary>
public sealed class GrainMapConcurrencyTests
{
    private const int Threads = 4;
    private const int Grains = (2 * GrainMap.GrainsPerPage) + 33;

    [Fact]
    [Rule("F-5")]
    public void Of_many_threads_that_set_a_bit_exactly_one_is_told_that_it_changed()
    {
        for (int round = 0; round < 20; round++)
        {
            GrainMap map = new(Grains, initialValue: false);
            long changes = 0;
            RunTogether(thread =>
            {
                long mine = 0;
                for (int step = 0; step < Grains; step++)
                {
                    mine += map.Set((step + (thread * 5)) % Grains) ? 1 : 0;
                }

                Interlocked.Add(ref changes, mine);
            });
            Assert.Equal(Grains, changes);
            Assert.Equal(Grains, map.CountSet());
            Assert.Equal(Grains, map.NextClear(0));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Set_algebra_loses_no_bit_that_is_changed_meanwhile(bool initial)
    {
        for (int round = 0; round < 20; round++)
        {
            GrainMap target = new(Grains, initial);
            GrainMap evens = new(Grains, initialValue: false);
            for (int grain = 0; grain < Grains; grain += 2)
            {
                evens.Set(grain);
            }

            // The algebra changes the even bits alone, the threads the odd ones.
            RunTogether(thread =>
            {
                for (int step = 0; step < 20 && thread == 0; step++)
                {
                    GrainMap.Or(target, evens);
                    GrainMap.AndNot(target, evens);
                    GrainMap.Xor(target, evens);
                }

                for (int grain = (2 * thread) - 1; grain < Grains && thread > 0; grain += 2 * (Threads - 1))
                {
                    _ = initial ? target.Clear(grain) : target.Set(grain);
                }
            });

            for (int grain = 0; grain < Grains; grain++)
            {
                bool expected = grain % 2 == 0 || !initial;
                Assert.True(expected == target[grain], $"round {round}, grain {grain}");
            }
        }
    }

    [Fact]
    [Rule("F-8")]
    public void A_scan_never_overlooks_a_bit_that_was_cleared_before_it_began()
    {
        GrainMap map = new(Grains, initialValue: true);
        map.MaterialisePages(new GrainRange(0, Grains));
        RunTogether(thread =>
        {
            Random random = new(thread);
            for (int step = 0; step < 30_000; step++)
            {
                // Each thread owns every Threads-th grain; whatever the others and their scans do to the summary level, its own bit shows.
                long grain = (random.Next(Grains / Threads) * Threads) + thread;
                Assert.True(map.Clear(grain));
                Assert.True(map.NextClear(0) <= grain);
                Assert.True(map.Set(grain));
                _ = map.NextClear(0);
            }
        });
        Assert.Equal(Grains, map.NextClear(0));
    }

    [Fact]
    public void Ranges_and_single_bits_on_one_page_do_not_disturb_each_other()
    {
        for (int round = 0; round < 50; round++)
        {
            GrainMap map = new(GrainMap.GrainsPerPage, initialValue: false);
            RunTogether(thread =>
            {
                GrainRange own = new(thread * 2001L, 2001);
                Assert.Equal(2001, map.SetRange(own));
                Assert.Equal(2001, map.ClearRange(own));
                Assert.Equal(thread == 3 ? 2001 : 0, thread == 3 ? map.SetRange(own) : 0);
            });
            Assert.Equal(new GrainRange(6003, 2001), Assert.Single(map.Ranges(true)));
        }
    }

    private static void RunTogether(Action<int> body)
    {
        using Barrier barrier = new(Threads);
        Exception?[] failures = new Exception?[Threads];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(index => new Thread(() =>
        {
            barrier.SignalAndWait();
            failures[index] = Record.Exception(() => body(index));
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(failures, Assert.Null);
    }
}

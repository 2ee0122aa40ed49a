using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Maps;

public sealed class DirtyPagesTests
{
    [Fact]
    public void Marked_pages_are_taken_once_in_ascending_order()
    {
        DirtyPages dirty = new(10_000);
        Assert.True(dirty.IsEmpty);
        Assert.True(dirty.Mark(9_999));
        Assert.True(dirty.Mark(0));
        Assert.True(dirty.Mark(64));
        Assert.False(dirty.Mark(64));
        Assert.Equal(3, dirty.Count);
        Assert.Equal([0, 64], dirty.Take(2));
        Assert.False(dirty.IsMarked(64));
        Assert.Equal([9_999], dirty.Take());
        Assert.True(dirty.IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => dirty.Mark(10_000));
    }

    [Fact]
    [Rule("F-18")]
    public void A_change_is_either_in_what_the_taker_reads_or_still_marked()
    {
        const int pages = 256;
        int[] content = new int[pages];
        int[] persisted = new int[pages];
        DirtyPages dirty = new(pages);
        bool done = false;
        Thread taker = new(() =>
        {
            for (bool last = false; !last;)
            {
                last = Volatile.Read(ref done);
                int cursor = 0;
                while (dirty.TakeNext(ref cursor, out int page))
                {
                    persisted[page] = Volatile.Read(ref content[page]);
                }
            }
        });
        taker.Start();
        Random random = new(3);
        for (int step = 0; step < 300_000; step++)
        {
            int page = random.Next(pages);
            Interlocked.Increment(ref content[page]);
            dirty.Mark(page);
        }

        Volatile.Write(ref done, true);
        taker.Join();
        Assert.Equal(content, persisted);
    }
}

using MirrorTools.Engine.SyncCache.Hosts;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.SyncCache.Hosts;

public sealed class WriteRingTests
{
    [Fact, Rule("S-1")]
    public async Task Writes_of_many_threads_get_each_its_number_and_each_is_answered()
    {
        const int writers = 8;
        const int perWriter = 20_000;
        SemaphoreSlim woken = new(0);
        WriteRing ring = new(64, () => woken.Release());
        long answered = 0;
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(2));

        Task taking = Task.Run(async () =>
        {
            ulong taken = 0;
            while (taken < writers * perWriter)
            {
                ring.BeginLook();
                while (ring.At(taken + 1) is { } write)
                {
                    taken++;
                    Assert.Equal(taken, write.Number);
                    ring.Release(taken);
                    write.Complete(null);
                }

                if (taken < writers * perWriter)
                {
                    await woken.WaitAsync(deadline.Token);
                }
            }
        });
        Task[] writing = [.. Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < perWriter; i++)
            {
                PendingWrite write = ring.Rent().Begin(i, new byte[] { 1 }, 1, WriteOptions.None, 0);
                ValueTask answer = write.Answer;
                while (!ring.TryPut(write))
                {
                    deadline.Token.ThrowIfCancellationRequested();
                    await Task.Yield();
                }

                await answer;
                Interlocked.Increment(ref answered);
            }
        }))];

        await Task.WhenAll(writing);
        await taking;
        Assert.Equal(writers * perWriter, answered);
        Assert.Equal(ring.Last, ring.Released);
    }

    [Fact, Rule("S-15")]
    public void A_full_ring_takes_no_write_until_one_is_released()
    {
        WriteRing ring = new(2, static () => { });

        Assert.True(ring.TryPut(New(ring)));
        Assert.True(ring.TryPut(New(ring)));
        Assert.False(ring.TryPut(New(ring)));
        ring.Release(1);
        Assert.True(ring.TryPut(New(ring)));
    }

    private static PendingWrite New(WriteRing ring) => ring.Rent().Begin(0, new byte[] { 1 }, 1, WriteOptions.None, 0);
}

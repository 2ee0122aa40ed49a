using MirrorTools.Engine.Journal;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class DirtyRegionLogCommitTests
{
    [Fact]
    [Rule("F-18")]
    public async Task Callers_that_come_together_share_one_block_and_none_returns_before_both_places_have_it()
    {
        (RegionLogBed bed, HeldDisk first, HeldDisk second, DirtyRegionLog log) = await HeldAsync(200);
        ulong before = bed.BlocksOf(0).Max(block => block.Sequence);
        Task lone = log.MarkHotAsync(0, 0, default).AsTask();
        Task[] together = [.. Enumerable.Range(1, 50).Select(region => log.MarkHotAsync(region, region, default).AsTask())];

        // Both places are written in parallel.
        Assert.Equal((1, 1), (first.HeldWrites, second.HeldWrites));
        first.Release();
        Assert.False(lone.IsCompleted);
        Assert.False(log.TryUse(0));
        second.Release();
        await lone;
        Assert.True(log.IsHot(0));

        await UntilAsync(() => first.HeldWrites == 1 && second.HeldWrites == 1);
        Assert.DoesNotContain(together, mark => mark.IsCompleted);
        first.Release();
        second.Release();
        await Task.WhenAll(together);
        Assert.Equal(before + 2, bed.BlocksOf(0).Max(block => block.Sequence));
        Assert.Equal(51, (await bed.OpenAsync()).HotRegions.Count);
    }

    [Fact]
    public async Task More_changes_than_a_block_holds_go_into_several()
    {
        RegionLogBed bed = new(4000, 1200);
        DirtyRegionLog log = await bed.CreateAsync();
        await log.MarkHotAsync(100, 399, default);
        Assert.All(Enumerable.Range(100, 300), region => Assert.True(log.IsHot(region)));
        Assert.Equal(300, (await bed.OpenAsync()).HotRegions.Count);
    }

    [Fact]
    public async Task A_caller_who_gives_up_does_not_disturb_the_others()
    {
        (_, HeldDisk first, HeldDisk second, DirtyRegionLog log) = await HeldAsync(200);
        using CancellationTokenSource cancel = new();
        Task lone = log.MarkHotAsync(0, 0, default).AsTask();
        Task givesUp = log.MarkHotAsync(1, 1, cancel.Token).AsTask();
        Task stays = log.MarkHotAsync(2, 2, default).AsTask();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givesUp);
        first.Holds = second.Holds = false;
        first.Release();
        second.Release();
        await lone;
        await stays;
        Assert.True(log.IsHot(2));
    }

    [Fact]
    [Rule("P-8")]
    public async Task A_place_that_does_not_answer_in_time_is_left_behind()
    {
        (RegionLogBed bed, HeldDisk first, HeldDisk second, DirtyRegionLog log) = await HeldAsync(200);
        List<LogPlaceFailure> failures = [];
        log.PlaceFailed = failures.Add;
        second.Holds = false;
        Task mark = log.MarkHotAsync(5, 5, default).AsTask();
        Assert.False(mark.IsCompleted);
        bed.Time.ExpireAll();
        await mark;
        Assert.Equal(0, Assert.Single(failures).Place);
        Assert.IsType<TimeoutException>(failures[0].Cause);
        Assert.Equal(RegionLogFlags.SecondPlace, log.AlivePlaces);

        // What the stalled place still held comes late, and changes nothing.
        first.Release();
        await log.MarkHotAsync(6, 6, default);
        DirtyRegionLog again = await bed.OpenAsync();
        Assert.Equal([5L, 6L], again.HotRegions.Order());
        Assert.False(again.AllUnknown);
    }

    [Fact]
    [Rule("F-18")]
    public async Task A_region_in_use_never_turns_cold_under_its_writer()
    {
        RegionLogBed bed = new(8, 8);
        DirtyRegionLog log = await bed.CreateAsync();
        using ReaderWriterLockSlim gate = new();
        int[] writes = new int[3];
        bool done = false;
        Exception?[] failures = new Exception?[3];
        Thread[] writers = [.. Enumerable.Range(0, 3).Select(index => new Thread(() => failures[index] = Record.Exception(() =>
        {
            Random random = new(index);
            while (!Volatile.Read(ref done))
            {
                long region = random.Next(8);
                gate.EnterReadLock();
                bool isUsable = log.TryUse(region);
                for (int look = 0; isUsable && look < 20; look++)
                {
                    Assert.NotEqual(RegionState.Cold, log.StateOf(region));
                }

                gate.ExitReadLock();
                writes[index] += isUsable ? 1 : 0;
                if (!isUsable)
                {
                    WaitFor(log.MarkHotAsync(region, region, default));
                }
            }
        })))];
        Array.ForEach(writers, writer => writer.Start());
        // As long as every writer takes to get its turn.
        for (int round = 0; round < 3000 || (round < 3_000_000 && writes.Any(count => count == 0)); round++)
        {
            IReadOnlyList<long> cooling = log.BeginCooling(4);
            gate.EnterWriteLock();
            gate.ExitWriteLock();

            // It completes at once: the thread that holds no lock goes on.
            await log.CompleteCoolingAsync(cooling, default);
        }

        Volatile.Write(ref done, true);
        Array.ForEach(writers, writer => writer.Join());
        Assert.All(failures, Assert.Null);
        Assert.All(writes, count => Assert.True(count > 0));
        Assert.Equal(8 - log.HotRegions.Count, log.FreeSlots);
    }

    private static async Task<(RegionLogBed Bed, HeldDisk First, HeldDisk Second, DirtyRegionLog Log)> HeldAsync(int slots)
    {
        RegionLogBed bed = new(1000, slots);
        await bed.CreateAsync();
        HeldDisk first = new(bed.Disks[0]);
        HeldDisk second = new(bed.Disks[1]);
        DirtyRegionLog log = await DirtyRegionLog.OpenAsync(
            bed.Identity, new LogPlace(first, bed.First.OffsetBytes), new LogPlace(second, bed.Second.OffsetBytes), bed.Time, default);
        first.Holds = second.Holds = true;
        return (bed, first, second, log);
    }

    private static void WaitFor(ValueTask mark) => mark.AsTask().GetAwaiter().GetResult();

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
        }
    }
}

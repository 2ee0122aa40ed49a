using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// What a site does with its dirty-region log and the pages of its maps (F-18): the data that pages speak of is flushed before they are written, they are durable before
/// the log forgets a region. On the pair's scheduler.
/// </summary>
internal abstract class RegionJournal(DirtyRegionLog log, BehindPages pages, EpochGate gate)
{
    // 2 MiB of maps: a cooling that makes room for writes waits for no longer than these take.
    private const int PagesPerTurn = 512;

    private readonly SerialGate _turns = new();

    /// <summary>The pages that are behind.</summary>
    protected BehindPages Pages => pages;

    /// <summary>How often pages could not be written, whoever wrote them; they are behind again.</summary>
    protected abstract int Failures { get; }

    /// <summary>
    /// Lets regions go cold that no write has used lately, and writes pages that are behind: grace, then flush of the data, then the pages, then the log (F-18). One at a time.
    /// </summary>
    /// <param name="maximumRegions">How many regions at the most.</param>
    /// <param name="maximumPages">How many pages at the most, beyond those that the regions need.</param>
    /// <param name="graceDeadline">How long writes in flight may take.</param>
    public async Task CoolAsync(int maximumRegions, int maximumPages, TimeSpan graceDeadline)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        IReadOnlyList<long> regions = log.BeginCooling(maximumRegions);
        bool isDone = false;
        try
        {
            if (regions.Count > 0)
            {
                await gate.GraceAsync(graceDeadline);
            }

            int failures;
            do
            {
                // A page that somebody else had in hand and could not write is behind again, and a region's own.
                failures = Failures;
                SortedSet<int> taken = pages.TakeOf(regions);
                pages.TakeMore(taken, taken.Count + maximumPages);
                if (regions.Count > 0 || taken.Count > 0)
                {
                    await PersistAsync(taken);
                }
            }
            while (failures != Failures);

            await log.CompleteCoolingAsync(regions, CancellationToken.None);
            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                log.AbandonCooling(regions);
            }
        }
    }

    /// <summary>Has the disk forget what went cold, so that an unclean stop claims what is hot and no more (P-4).</summary>
    public async Task ForgetColdAsync()
    {
        try
        {
            await log.ForgetColdAsync(CancellationToken.None);
        }
        catch (DirtyRegionLogException)
        {
            // Neither place takes it: the log claims too much, and the next write into a cold region says why it fails.
        }
    }

    /// <summary>Writes every page that is behind now, in turns that let coolings in between; what was behind is durable at return, and the data before it.</summary>
    public async Task PersistAllAsync()
    {
        int failures;
        do
        {
            // A page that somebody else took and could not write is behind again, perhaps before the cursor.
            failures = Failures;
            int cursor = 0;
            while (cursor < pages.Count)
            {
                using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
                SortedSet<int> taken = [];
                pages.TakeFrom(ref cursor, taken, PagesPerTurn);
                await PersistAsync(taken);
            }
        }
        while (failures != Failures);
    }

    /// <summary>Writes every page that is behind now, where pages speak of nothing on this side's own disk and need not wait for it.</summary>
    public async Task PersistMarksAsync()
    {
        int failures;
        do
        {
            failures = Failures;
            int cursor = 0;
            while (cursor < pages.Count)
            {
                using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
                SortedSet<int> taken = [];
                pages.TakeFrom(ref cursor, taken, PagesPerTurn);
                await PersistMarksAsync(taken);
            }
        }
        while (failures != Failures);
    }

    /// <summary>
    /// Has the dirty-region log tell regions apart again after its slots had run out (P-8): writes need slots from now on, those in flight end, and what they changed
    /// becomes durable in the maps.
    /// </summary>
    /// <returns>False where slots ran out again meanwhile.</returns>
    public async Task<bool> EndOverflowAsync(TimeSpan graceDeadline)
    {
        // Slots first: without a free one the next write into a cold region would have it overflow again.
        await CoolAsync(int.MaxValue, 0, graceDeadline);
        log.BeginForgetting();
        await gate.GraceAsync(graceDeadline);
        await PersistAllAsync();
        return await log.CompleteForgettingAsync(CancellationToken.None);
    }

    /// <summary>
    /// After an unclean stop: what was hot is in the maps as different, and once they are durable the log forgets it, or the next stop would claim it again.
    /// </summary>
    public async Task SettleAsync(TimeSpan graceDeadline)
    {
        if (log.AllUnknown)
        {
            await EndOverflowAsync(graceDeadline);
        }
        else if (log.HotRegions.Count > 0)
        {
            await CoolAsync(int.MaxValue, 0, graceDeadline);
        }

        await ForgetColdAsync();
    }

    /// <summary>At a clean stop, when nothing is written any more: everything durable, the log empty.</summary>
    public async Task CloseCleanlyAsync(TimeSpan graceDeadline)
    {
        await CoolAsync(int.MaxValue, 0, graceDeadline);
        await PersistAllAsync();
        await log.WriteCleanAsync(CancellationToken.None);
    }

    /// <summary>Flushes the data and writes pages, durably; called by one at a time. Where it fails, the pages are behind again.</summary>
    /// <param name="taken">Pages that were taken; none where only what was written into regions is to be durable.</param>
    protected abstract Task PersistAsync(SortedSet<int> taken);

    /// <summary>Writes pages, durably, whatever of the data is durable; called by one at a time.</summary>
    /// <param name="taken">Pages that were taken.</param>
    protected virtual Task PersistMarksAsync(SortedSet<int> taken) => PersistAsync(taken);
}

using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// Keeps a site's maps durable and its dirty-region log short, in the background and in bounded pieces: at each tick some regions and some pages, when hastened all pages
/// that are behind. So a restart costs what was hot, not what was ever copied (F-18, P-4). On the pair's scheduler.
/// </summary>
/// <param name="journal">The site's journal.</param>
/// <param name="log">The site's dirty-region log.</param>
/// <param name="time">The clock of the ticks.</param>
/// <param name="options">What the admin has set, as it is now.</param>
internal sealed class RegionUpkeep(RegionJournal journal, DirtyRegionLog log, TimeProvider time, Func<MirrorOptions> options)
{
    private const int RegionsPerTick = 256;
    private const int PagesPerTick = 512;

    private TaskCompletionSource _wanted = NewSignal();

    /// <summary>Told of a storage that failed; the next tick tries again while <see cref="IsAtRest"/> does not say otherwise.</summary>
    public required Action<IOException> Failed { get; init; }

    /// <summary>True while the site writes nothing any more, and what its disks say is to stay as it is.</summary>
    public Func<bool> IsAtRest { get; init; } = static () => false;

    /// <summary>A cycle has ended, or the log has overflowed: it is not to wait for the next tick.</summary>
    public void Hasten() => _wanted.TrySetResult();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long lastTick = time.GetTimestamp();
        while (true)
        {
            TimeSpan left = options().CoolingInterval - time.GetElapsedTime(lastTick);
            bool isHastened = left > TimeSpan.Zero && await IsHastenedAsync(left, stop);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            if (log.AllUnknown)
            {
                await GuardAsync(() => journal.EndOverflowAsync(options().GateDeadline));
            }

            if (isHastened)
            {
                await GuardAsync(journal.PersistAllAsync);
            }
            else
            {
                // By the clock, however often cycles end: regions go cold all the same.
                lastTick = time.GetTimestamp();
                await GuardAsync(CoolAsync);
            }
        }
    }

    /// <summary>Ends what an unclean stop left in the log, once, without waiting for a tick.</summary>
    public Task SettleAsync() => GuardAsync(() => journal.SettleAsync(options().GateDeadline));

    /// <summary>Slots are short: some regions go cold now.</summary>
    public Task MakeRoomAsync() =>
        GuardAsync(() => journal.CoolAsync(Math.Max(1, log.HotRegions.Count / 4), maximumPages: 0, options().GateDeadline));

    private async Task CoolAsync()
    {
        await journal.CoolAsync(RegionsPerTick, PagesPerTick, options().GateDeadline);
        await journal.ForgetColdAsync();
    }

    private async Task<bool> IsHastenedAsync(TimeSpan longest, CancellationToken stop)
    {
        try
        {
            await _wanted.Task.WithDeadline(longest, time, stop);
            _wanted = NewSignal();
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task GuardAsync(Func<Task> step)
    {
        if (IsAtRest())
        {
            return;
        }

        try
        {
            await step();
        }
        catch (TimeoutException)
        {
            // A write takes long; the next round tries again.
        }
        catch (IOException exception)
        {
            Failed(exception);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

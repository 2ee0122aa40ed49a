using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// Keeps site 1's maps durable and its dirty-region log short, in the background and in bounded pieces: at each tick some regions and some pages, after each cycle all
/// that it changed. So a restart costs what was hot, not what was ever copied (F-18, P-4). On the pair's scheduler.
/// </summary>
internal sealed class SourceUpkeep(SourceCore core, DirtyRegionLog log, Action<SuspendReason, FaultText> fault)
{
    private const int RegionsPerTick = 256;
    private const int PagesPerTick = 512;

    private TaskCompletionSource _wanted = NewSignal();

    /// <summary>A cycle has ended, or the log has overflowed: it is not to wait for the next tick.</summary>
    public void Hasten() => _wanted.TrySetResult();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long lastTick = core.Time.GetTimestamp();
        while (true)
        {
            TimeSpan left = core.Options.CoolingInterval - core.Time.GetElapsedTime(lastTick);
            bool isHastened = left > TimeSpan.Zero && await IsHastenedAsync(left, stop);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            if (log.AllUnknown)
            {
                await GuardAsync(() => core.Journal.EndOverflowAsync(core.Options.GateDeadline));
            }

            if (isHastened)
            {
                await GuardAsync(core.Journal.PersistAllAsync);
            }
            else
            {
                // By the clock, however often cycles end: regions go cold all the same.
                lastTick = core.Time.GetTimestamp();
                await GuardAsync(CoolAsync);
            }
        }
    }

    /// <summary>Slots are short: some regions go cold now.</summary>
    public Task MakeRoomAsync() =>
        GuardAsync(() => core.Journal.CoolAsync(Math.Max(1, log.HotRegions.Count / 4), maximumPages: 0, core.Options.GateDeadline));

    private async Task CoolAsync()
    {
        await core.Journal.CoolAsync(RegionsPerTick, PagesPerTick, core.Options.GateDeadline);
        try
        {
            await log.ForgetColdAsync(CancellationToken.None);
        }
        catch (DirtyRegionLogException)
        {
            // Neither place takes it: the log claims too much, and the next write into a cold region says why it fails.
        }
    }

    private async Task<bool> IsHastenedAsync(TimeSpan longest, CancellationToken stop)
    {
        try
        {
            await _wanted.Task.WithDeadline(longest, core.Time, stop);
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
        try
        {
            await step();
        }
        catch (TimeoutException)
        {
            // A write takes long; the next round tries again.
        }
        catch (FirstIntermediateException exception)
        {
            fault(SuspendReason.FirstIntermediateFailed, FaultText.Of(exception));
        }
        catch (SourceFailedException exception)
        {
            fault(SuspendReason.SourceUnreadable, FaultText.Of(exception));
        }
        catch (IOException exception)
        {
            fault(SuspendReason.MetadataFailed, FaultText.Of(exception));
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

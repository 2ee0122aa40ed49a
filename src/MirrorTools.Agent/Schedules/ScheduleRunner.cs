using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Contracts;
using MirrorTools.Contracts.Schedules;

namespace MirrorTools.Agent.Schedules;

/// <summary>Starts a pair's cycles by its schedule. A tick that meets a running cycle is counted and dropped, never queued (F-10).</summary>
/// <param name="pair">The pair.</param>
/// <param name="name">The pair as events name it.</param>
/// <param name="events">Where a start that failed is told.</param>
/// <param name="time">The clock.</param>
public sealed class ScheduleRunner(IScheduledPair pair, EventPair name, EventLog events, TimeProvider time) : IAsyncDisposable
{
    // Continuous: not within a second of the last point.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    // The wall clock may be set while we wait; a wait is cut into pieces that notice.
    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(30);

    private CancellationTokenSource? _stop;
    private Task _run = Task.CompletedTask;
    private DateTimeOffset? _next;
    private DateTimeOffset? _last;
    private long _coalesced;
    private string? _lastErrorId;

    /// <summary>The schedule that runs.</summary>
    public PairSchedule Schedule { get; private set; } = PairSchedule.Manual;

    /// <summary>Runs another schedule from now on.</summary>
    public async Task SetAsync(PairSchedule schedule)
    {
        await StopAsync();
        Schedule = schedule;
        (_next, _coalesced) = (null, 0);
        _stop = new CancellationTokenSource();
        _run = schedule.Kind switch
        {
            ScheduleKind.Continuous => RunContinuousAsync(_stop.Token),
            ScheduleKind.Every or ScheduleKind.Cron => RunTicksAsync(_stop.Token),
            _ => Task.CompletedTask,
        };
    }

    /// <summary>The schedule with its next and last tick.</summary>
    public ScheduleInfo Describe()
    {
        var info = Schedule.ToInfo();
        (info.Pair, info.PairId) = (name.Name, name.Id.ToString());
        (info.NextAt, info.LastAt, info.CoalescedTicks) = (WireTime.Write(_next), WireTime.Write(_last), Interlocked.Read(ref _coalesced));
        return info;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StopAsync()
    {
        if (_stop is null)
        {
            return;
        }

        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _stop = null;
    }

    private async Task RunContinuousAsync(CancellationToken cancel)
    {
        await Task.Yield();
        while (true)
        {
            await pair.WaitForChangeAsync(cancel);
            var earliest = (pair.LastPointTime ?? DateTimeOffset.MinValue) + ShortestPause;
            await SleepUntilAsync(earliest, cancel);
            if (!await TryStartAsync(cancel))
            {
                await Task.Delay(PauseAfterFailure, time, cancel);
            }
        }
    }

    private async Task RunTicksAsync(CancellationToken cancel)
    {
        await Task.Yield();
        var before = pair.LastPointTime;
        while (true)
        {
            _next = Schedule.NextTick(before, time.GetUtcNow());
            await SleepUntilAsync(_next!.Value, cancel);
            before = _last = _next;
            if (pair.IsCycleRunning)
            {
                Interlocked.Increment(ref _coalesced);
            }
            else
            {
                await TryStartAsync(cancel);
            }
        }
    }

    private async Task SleepUntilAsync(DateTimeOffset instant, CancellationToken cancel)
    {
        for (var left = instant - time.GetUtcNow(); left > TimeSpan.Zero; left = instant - time.GetUtcNow())
        {
            await Task.Delay(left < LongestNap ? left : LongestNap, time, cancel);
        }
    }

    private async Task<bool> TryStartAsync(CancellationToken cancel)
    {
        try
        {
            await pair.StartScheduledCycleAsync(cancel);
            _lastErrorId = null;
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            // One event when it begins to fail, not one a tick.
            var known = ErrorTranslation.Translate(error);
            if (known.ErrorId != _lastErrorId)
            {
                _lastErrorId = known.ErrorId;
                events.Write(EventKinds.ScheduleTickFailed, name, null, ("errorId", known.ErrorId), ("cause", known.Message));
            }

            return false;
        }
    }
}

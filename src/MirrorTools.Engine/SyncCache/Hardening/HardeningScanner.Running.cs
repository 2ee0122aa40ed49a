using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <content>When scans start, and which of them are shown.</content>
internal sealed partial class HardeningScanner
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    private TaskCompletionSource _wanted = NewSignal();

    /// <summary>
    /// Told, once for each state of a scan, that it lasts longer than <see cref="HardeningOptions.ShowAfter"/>: the keeper does not answer, writes do not settle, or hardening
    /// does not get on (P-7). Losing the session ends the scan.
    /// </summary>
    public Action<HardeningScan>? Shown { get; set; }

    /// <summary>
    /// Starts scans of ranges whose marks are old or many enough (S-4), until cancelled; then no scan starts any more, and it returns when those under way have ended. To be
    /// called once.
    /// </summary>
    /// <exception cref="Exception">The <see cref="Fault"/> that ended the scans.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && _fault is null)
        {
            _wanted = NewSignal();
            StartDueScans();
            ShowSlowScans();
            await PauseAsync(stop);
        }

        _isStopped = true;
        OnSessionLost();
        await _flows.WhenIdle();
        _fault?.Throw();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake() => _wanted.TrySetResult();

    private void CountMarks(RangeScan scan, long grains)
    {
        bool wasDue = scan.Marks >= _options.ThresholdGrains;
        bool isFirst = scan.Marks == 0;
        scan.Marks += grains;
        if (isFirst)
        {
            scan.MarkedAt = _time.GetTimestamp();
        }

        if (isFirst || (!wasDue && scan.Marks >= _options.ThresholdGrains))
        {
            Wake();
        }
    }

    private void StartDueScans()
    {
        while (_hasSession && _underWay < _options.MaximumScans && OldestDue() is { } scan && TryStart(scan.Range))
        {
            // TryStart has done it.
        }
    }

    private RangeScan? OldestDue()
    {
        RangeScan? oldest = null;
        foreach (RangeScan scan in _scans)
        {
            if (scan.State == ScanState.Idle && DueIn(scan) <= TimeSpan.Zero && (oldest is null || scan.MarkedAt < oldest.MarkedAt))
            {
                oldest = scan;
            }
        }

        return oldest;
    }

    private TimeSpan DueIn(RangeScan scan) => scan.Marks == 0 ? TimeSpan.MaxValue
        : scan.Marks >= _options.ThresholdGrains ? TimeSpan.Zero
        : _options.ScanInterval - _time.GetElapsedTime(scan.MarkedAt);

    private void ShowSlowScans()
    {
        foreach (RangeScan scan in _scans)
        {
            if (scan.State != ScanState.Idle && !scan.IsShown && Describe(scan) is var slow && slow.Age >= _options.ShowAfter)
            {
                scan.IsShown = true;
                Shown?.Invoke(slow);
            }
        }
    }

    // Until something is due: a scan while there is room for one, or the showing of one that lasts too long.
    private TimeSpan Pause()
    {
        bool hasRoom = _hasSession && _underWay < _options.MaximumScans;
        TimeSpan pause = LongestPause;
        foreach (RangeScan scan in _scans)
        {
            TimeSpan due = scan.State == ScanState.Idle
                ? (hasRoom ? DueIn(scan) : pause)
                : scan.IsShown ? pause : _options.ShowAfter - _time.GetElapsedTime(scan.StateSince);
            pause = due < pause ? due : pause;
        }

        // Timers cut to whole milliseconds: a wait that is rounded down would end before its time, again and again.
        return TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(pause.TotalMilliseconds)));
    }

    private async Task PauseAsync(CancellationToken stop)
    {
        try
        {
            await _wanted.Task.WithDeadline(Pause(), _time, stop);
        }
        catch (Exception exception) when (exception is TimeoutException || (exception is OperationCanceledException && stop.IsCancellationRequested))
        {
            // Time to look again.
        }
    }
}

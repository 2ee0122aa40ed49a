using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Caching;

/// <content>Hardening between scans (S-7).</content>
public sealed partial class WriteBackCache
{
    // How much is written between two flushes: many disk writes, and little of what lies between target and limit, since hosts that are slowed down go on after each flush.
    private const int RunsPerBatch = 32;
    private const int BatchesToLimit = 8;

    private readonly long _batchBytes;
    private TaskCompletionSource? _sleep;

    /// <summary>
    /// Hardens in the background until cancelled, disposed of or stopped by a fault: content of a certain age, and from the target on whatever is oldest, with what is next to it, in batches
    /// with a flush each. The nearer the limit, the more disk writes at once. On the scheduler; once at a time.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && !_isDisposed && Fault is null)
        {
            try
            {
                if (IsDue(_time.GetTimestamp()))
                {
                    await HardenOldestAsync(cancellationToken);
                }
                else
                {
                    await SleepAsync(cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (Fault is not null || (_isDisposed && exception is ObjectDisposedException))
            {
                // Those who need to know were told when it happened.
                return;
            }
        }
    }

    private bool IsPressed => _unhardenedPages > _targetPages || _room.Any;

    private bool HasWork => _dirty.First >= 0 || (_written.Count > 0 && _flush.IsIdle);

    private bool IsDue(long now) => !_isHalted && HasWork && (IsPressed || AgeLeft(now) <= TimeSpan.Zero);

    private TimeSpan AgeLeft(long now) => _dirty.First < 0 ? _options.HardenAge : _options.HardenAge - _time.GetElapsedTime(_dirty[_dirty.First].PlacedAt, now);

    private async Task HardenOldestAsync(CancellationToken cancellationToken)
    {
        // Well below the target, so that a put at the target does not begin a batch of its own each time.
        long wantedPages = Math.Max(_unhardenedPages - (_targetPages - (_targetPages / 8)), _options.RunBytes / PageTable.PageBytes);
        long leftBytes = Math.Min(IsPressed ? wantedPages * PageTable.PageBytes : long.MaxValue, _batchBytes);
        while (leftBytes > 0 && IsDue(_time.GetTimestamp()) && _dirty.First >= 0)
        {
            long grain = _dirty[_dirty.First].Grain;
            long takenBytes = await WriteAroundAsync(grain, cancellationToken);
            leftBytes -= takenBytes;
            if (takenBytes == 0)
            {
                // All of it is being written in an older version: it has just been put again.
                if (_dirty.IsDirty(grain))
                {
                    _dirty.PutLast(_dirty.Find(grain), _time.GetTimestamp());
                }

                break;
            }
        }

        await _lanes.WhenDoneAsync(cancellationToken);
        await FlushWrittenAsync(cancellationToken);
    }

    /// <summary>Begins to write a grain and its dirty neighbours, up to the length of a run.</summary>
    /// <returns>How many bytes were begun, or lay between.</returns>
    private async ValueTask<long> WriteAroundAsync(long grain, CancellationToken cancellationToken)
    {
        long first = grain;
        long end = grain + 1;
        long most = Math.Max(1, _options.RunBytes / _geometry.GrainBytes);
        while (end - first < most && first > 0 && _dirty.IsDirty(first - 1))
        {
            first--;
        }

        while (end - first < most && end < _geometry.GrainCount && _dirty.IsDirty(end))
        {
            end++;
        }

        long next = 0;
        long takenBytes = 0;
        for (long at = first; at < end; at++)
        {
            long from = Math.Max(next, FirstSector(at));
            next = await WriteGrainAsync(at, from, new GrainRange(first, end - first), null, BackgroundWrites(), cancellationToken);
            takenBytes += (next - from) * Volumes.BlockGeometry.SectorBytes;
        }

        return takenBytes;
    }

    private int BackgroundWrites()
    {
        double share = _room.Any ? 1 : Math.Clamp(0.25 + (3 * Pressure), 0, 1);
        return Math.Max(1, (int)(_options.MaximumConcurrentWrites * share));
    }

    /// <summary>Waits until something is due, at most as long as content may grow old.</summary>
    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource sleep = new(TaskCreationOptions.RunContinuationsAsynchronously);
        // A clock that counts whole milliseconds must not let it go round until one is full.
        TimeSpan left = (_isHalted ? _options.HardenAge : AgeLeft(_time.GetTimestamp())) + TimeSpan.FromMilliseconds(1);
        _sleep = sleep;
        try
        {
            await sleep.Task.WithDeadline(left, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // A call that was cancelled before its flush may have left something.
            await FlushWrittenAsync(cancellationToken);
        }
        finally
        {
            _sleep = null;
        }
    }

    private async Task FlushWrittenAsync(CancellationToken cancellationToken)
    {
        if (_written.Count > 0 && !_isHalted)
        {
            await _flush.FlushAsync().WithDeadline(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }
    }

    private void WakeIfDue(long now)
    {
        if (_sleep is { } sleep && IsDue(now))
        {
            sleep.TrySetResult();
        }
    }
}

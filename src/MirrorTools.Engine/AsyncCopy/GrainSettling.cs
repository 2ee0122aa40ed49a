using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.AsyncCopy;

/// <summary>
/// Brings grains to safety before they are overwritten, in batches: what is waited for first, then, where that is wanted, all that is left. On the pair's scheduler.
/// </summary>
/// <param name="settled">The map of grains that are safe; this object sets it.</param>
/// <param name="geometry">The volume's grains.</param>
/// <param name="settleAsync">Brings a batch of runs to safety, durably.</param>
/// <param name="options">The bounds of a batch.</param>
/// <param name="time">The clock.</param>
internal sealed class GrainSettling(GrainMap settled, GrainGeometry geometry, Func<IReadOnlyList<GrainRange>, Task> settleAsync, MirrorOptions options, TimeProvider time)
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SettledWaiters _waiting = new(settled, settled);
    private TaskCompletionSource _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _failingSince;
    private bool _stopped;

    /// <summary>Grains that are safe.</summary>
    public GrainMap Settled { get; private set; } = settled;

    /// <summary>True where all grains are brought to safety in the background, not only those that are waited for.</summary>
    public bool TakesAll { get; init; }

    /// <summary>
    /// How long it waits after a fault before it tries again; null where a fault stops it. Hosts after a recovery write into grains that it has to bring first: a fault that goes by
    /// must not fail them (P-8).
    /// </summary>
    public TimeSpan? RetryPause { get; init; }

    /// <summary>What is behind it, for whoever is told that it has stopped.</summary>
    public required string Purpose { get; init; }

    /// <summary>Told of a batch that failed.</summary>
    public Action<Exception>? Failed { get; set; }

    private bool IsFailing => _failingSince is { } since && time.GetElapsedTime(since) > options.LocalDeadline;

    /// <summary>Begins anew with a map of what is safe; nobody waits.</summary>
    public void Renew(GrainMap safe)
    {
        Settled = safe;
        _waiting.Fail(Stopped);
        _waiting = new SettledWaiters(safe, safe);
    }

    /// <summary>Completes when the grains are safe.</summary>
    /// <exception cref="BlockDeviceException">It has stopped for a fault.</exception>
    public Task SettleAsync(GrainRange grains)
    {
        if (Settled.AllSet(grains))
        {
            return Task.CompletedTask;
        }

        if (_stopped || IsFailing)
        {
            throw Stopped();
        }

        Task done = _waiting.WaitAsync(grains);
        _work.TrySetResult();
        return done;
    }

    /// <summary>Runs until stopped or a batch fails.</summary>
    public async Task RunAsync()
    {
        while (!_stopped)
        {
            List<GrainRange> batch = NextBatch();
            if (batch.Count == 0)
            {
                _work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await _work.Task;
                continue;
            }

            GrainMap map = Settled;
            try
            {
                await settleAsync(batch);
                _failingSince = null;
            }
            catch (Exception exception) when (exception is IOException or TimeoutException)
            {
                _stopped |= RetryPause is null;
                Failed?.Invoke(exception);
                await PauseAsync();
                continue;
            }

            foreach (GrainRange run in batch)
            {
                map.SetRange(run);
            }

            _waiting.Release();
        }

        _waiting.Fail(Stopped);
    }

    /// <summary>Stops after the batch under way.</summary>
    public void Stop()
    {
        _stopped = true;
        _stop.TrySetResult();
        _work.TrySetResult();
    }

    // Hosts wait while a fault may go by, and are told when it does not.
    private async Task PauseAsync()
    {
        _failingSince ??= time.GetTimestamp();
        if (_stopped || RetryPause is not { } pause)
        {
            return;
        }

        if (IsFailing)
        {
            _waiting.Fail(Stopped);
        }

        try
        {
            await _stop.Task.WithDeadline(pause, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The next try.
        }
    }

    private List<GrainRange> NextBatch()
    {
        long most = Math.Max(1, options.BatchBytes / geometry.GrainBytes);
        List<GrainRange> batch = [];
        foreach (long grain in _waiting.Wanted(most))
        {
            if (batch.Count > 0 && batch[^1].End == grain)
            {
                batch[^1] = batch[^1] with { Count = batch[^1].Count + 1 };
            }
            else
            {
                batch.Add(new GrainRange(grain, 1));
            }
        }

        if (batch.Count > 0 || !TakesAll)
        {
            return batch;
        }

        long left = most;
        for (long first = Settled.NextClear(0); first < geometry.GrainCount && left > 0; first = Settled.NextClear(batch[^1].End))
        {
            long count = Math.Min(Settled.RunEnd(first) - first, left);
            batch.Add(new GrainRange(first, count));
            left -= count;
        }

        return batch;
    }

    private BlockDeviceException Stopped() => new(BlockDeviceFault.Unreachable, $"{Purpose} has stopped. Get-MirrorEvent shows which storage failed.");
}

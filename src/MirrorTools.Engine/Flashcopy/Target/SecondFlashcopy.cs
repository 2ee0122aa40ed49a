using System.Buffers;
using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// The second flashcopy (F-13, steps 165 to 168): copies committed grains from C to D, those that something waits for first, then the oldest commit's. Grains become
/// overwritable in batches: D is flushed, then the maps are durable, then <c>Settled</c> says so (F-14).
/// </summary>
internal sealed class SecondFlashcopy
{
    private readonly TargetMaps _maps;
    private readonly TargetJournal _journal;
    private readonly IBlockDevice _target;
    private readonly MirrorFaults _faults;
    private readonly MirrorOptions _options;
    private readonly CommittedGrains _committed;
    private readonly SettledWaiters _waiting;
    private readonly RunTransfer _transfer;
    private TaskCompletionSource _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _failingSince;
    private bool _stopped;

    public SecondFlashcopy(
        TargetMaps maps, TargetJournal journal, IBlockDevice intermediate, IBlockDevice target, PinnedPoints pins, MirrorOptions options, MirrorFaults faults, TimeProvider time)
    {
        _time = time;
        _maps = maps;
        _journal = journal;
        _target = target;
        Pins = pins;
        _options = options;
        _faults = faults;
        _waiting = new SettledWaiters(maps.Copied, maps.Settled);
        _transfer = new RunTransfer(maps.Geometry, intermediate, target, options.RunBytes);
        _committed = new CommittedGrains(maps, Math.Max(1, options.RunBytes / maps.Geometry.GrainBytes));
    }

    /// <summary>The points that are kept as they are (F-28).</summary>
    public PinnedPoints Pins { get; }

    /// <summary>Raised when everything that was committed is on D.</summary>
    public Action? Finished { get; set; }

    /// <summary>Which storage failed, and how; the copy has stopped.</summary>
    public Action<CopyBackFault, Exception>? Failed { get; set; }

    /// <summary>
    /// How long it waits after a fault before it tries again; null where a fault stops it. The source's hosts after a recovery write into grains that it has to bring first: a fault
    /// that goes by must not fail them (P-8).
    /// </summary>
    public TimeSpan? RetryPause { get; set; }

    /// <summary>Grains copied since the process began.</summary>
    public long CopiedGrains { get; private set; }

    /// <summary>True while there is nothing to copy.</summary>
    public bool IsIdle => _committed.IsEmpty;

    /// <summary>A commit brought these grains.</summary>
    public void Enqueue(GrainMap brought)
    {
        _committed.Enqueue(brought);
        _work.TrySetResult();
    }

    /// <summary>Completes when the grains are on D durably, so that C may be overwritten there.</summary>
    /// <exception cref="BlockDeviceException">The copy has stopped for a fault.</exception>
    public Task SettleAsync(GrainRange grains)
    {
        if (_maps.Settled.AllSet(grains))
        {
            return Task.CompletedTask;
        }

        if (_stopped || IsFailing)
        {
            throw Stopped();
        }

        Task settled = _waiting.WaitAsync(grains);
        _work.TrySetResult();
        return settled;
    }

    /// <summary>Runs until stopped or a storage fails.</summary>
    public async Task RunAsync()
    {
        List<GrainRange>? again = null;
        while (!_stopped)
        {
            List<GrainRange> batch = again ?? NextBatch();
            again = null;
            if (batch.Count == 0)
            {
                _work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await _work.Task;
                continue;
            }

            CopyBackFault part = CopyBackFault.Target;
            try
            {
                await KeepAsync(batch);
                await _transfer.CopyAsync(batch, () => _stopped);
                if (_stopped)
                {
                    // A recovery waits for this: what was copied and not settled is copied again.
                    break;
                }

                if (!_faults.SkipTargetFlush)
                {
                    await _target.FlushAsync(CancellationToken.None);
                }

                SortedSet<int> pages = MarkCopied(batch);

                // Readers that looked before the bits were set still read C: they leave before C may change under them (F-15).
                await Pins.WaitReadersAsync(_options.GateDeadline);
                part = CopyBackFault.Metadata;
                await SettleAsync(batch, pages);
                _failingSince = null;
            }
            catch (Exception exception)
            {
                _stopped |= RetryPause is null || exception is not (IOException or TimeoutException);
                Failed?.Invoke(
                    exception is TransferReadException ? CopyBackFault.Intermediate : part,
                    exception is TransferReadException { InnerException: { } cause } ? cause : exception);
                again = batch;
                await PauseAsync();
                continue;
            }

            if (IsIdle)
            {
                Finished?.Invoke();
            }
        }

        _waiting.Fail(Stopped);
    }

    /// <summary>Stops after the runs under way.</summary>
    public void Stop()
    {
        _stopped = true;
        _stop.TrySetResult();
        _work.TrySetResult();
    }

    private bool IsFailing => _failingSince is { } since && _time.GetElapsedTime(since) > _options.LocalDeadline;

    // Hosts wait while a fault may go by, and are told when it does not.
    private async Task PauseAsync()
    {
        _failingSince ??= _time.GetTimestamp();
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
            await _stop.Task.WithDeadline(pause, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // The next try.
        }
    }

    private static BlockDeviceException Stopped() =>
        new(BlockDeviceFault.Unreachable, "The copy from the second intermediate to the target has stopped. Get-MirrorEvent shows which storage failed.");

    private async Task KeepAsync(List<GrainRange> batch)
    {
        if (Pins.Count == 0 || _faults.SkipKeptGrains)
        {
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(_transfer.BufferBytes);
        try
        {
            await Pins.KeepAsync(batch, _target, buffer, _options.GateDeadline);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private SortedSet<int> MarkCopied(List<GrainRange> batch)
    {
        SortedSet<int> pages = [];
        foreach (GrainRange run in batch)
        {
            _maps.Copied.SetRange(run);
            _maps.Touched(run);
            _journal.AddBehind(run, pages);
            CopiedGrains += run.Count;
        }

        return pages;
    }

    private async Task SettleAsync(List<GrainRange> batch, SortedSet<int> pages)
    {
        await _journal.PersistAsync([.. pages]);
        foreach (GrainRange run in batch)
        {
            _maps.Settled.SetRange(run);
        }

        _waiting.Release();
    }

    private List<GrainRange> NextBatch()
    {
        List<GrainRange> batch = [];
        long bytes = 0;
        if (_waiting.Any)
        {
            // Only what is waited for: a short batch lets the arrivals go on sooner. Overlapping wishes are copied once.
            foreach (long grain in _waiting.Wanted(Math.Max(1, _options.BatchBytes / _maps.Geometry.GrainBytes)))
            {
                Add(batch, new GrainRange(grain, 1));
            }

            if (batch.Count > 0)
            {
                return batch;
            }
        }

        while (bytes < _options.BatchBytes && _committed.TryNext(out GrainRange run))
        {
            Add(batch, run);
            bytes += _maps.Geometry.LengthOf(run);
        }

        return batch;
    }

    private void Add(List<GrainRange> batch, GrainRange run)
    {
        long longest = Math.Max(1, _options.RunBytes / _maps.Geometry.GrainBytes);
        if (batch.Count > 0 && batch[^1].End == run.First && batch[^1].Count + run.Count <= longest)
        {
            batch[^1] = batch[^1] with { Count = batch[^1].Count + run.Count };
        }
        else
        {
            batch.Add(run);
        }
    }
}

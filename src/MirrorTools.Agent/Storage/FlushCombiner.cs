using MirrorTools.Engine.Volumes;

namespace MirrorTools.Agent.Storage;

/// <summary>
/// Runs the flushes of one storage one after another, so that callers who arrive while one runs share the next. The order matters beyond speed: Linux tells
/// a write-back error to one flush of an open file only, and a second one beside it would succeed over lost data. The first failure latches (P-2).
/// </summary>
/// <param name="flush">The system call, which blocks.</param>
/// <param name="explain">Makes the error that callers get from the system's.</param>
internal sealed class FlushCombiner(Action flush, Func<Exception, BlockDeviceException> explain) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _running;
    private TaskCompletionSource? _next;
    private BlockDeviceException? _failure;

    /// <summary>True once a flush has failed: nothing since the last good one is known to be durable.</summary>
    public bool HasFailed => Volatile.Read(ref _failure) is not null;

    /// <summary>A flush that begins after this call.</summary>
    public Task FlushAsync()
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                return Task.FromException(Again(_failure));
            }

            if (_running is not null)
            {
                _next ??= NewWaiters();
                return _next.Task;
            }

            _running = NewWaiters();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return _running.Task;
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        Exception? error = null;
        try
        {
            flush();
        }
        catch (Exception caught)
        {
            error = caught;
        }

        Finish(error is null ? null : explain(error));
    }

    private static TaskCompletionSource NewWaiters() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Each caller gets an exception of its own; the first cause stays inside.
    private static BlockDeviceException Again(BlockDeviceException first) => new(BlockDeviceFault.FlushFailed, first.Message, first);

    private void Finish(BlockDeviceException? failure)
    {
        TaskCompletionSource done;
        TaskCompletionSource? refused = null;
        lock (_gate)
        {
            done = _running!;
            if (failure is null)
            {
                _running = _next;
            }
            else
            {
                _failure = failure;
                _running = null;
                refused = _next;
            }

            _next = null;
            if (_running is not null)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        if (failure is null)
        {
            done.SetResult();
            return;
        }

        done.SetException(failure);
        refused?.SetException(Again(failure));
    }
}

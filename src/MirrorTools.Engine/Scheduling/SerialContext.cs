namespace MirrorTools.Engine.Scheduling;

/// <summary>
/// The serial scheduler of one pair in production: work posted to it runs one item at a time, on pool threads, and awaits inside come back to it. In the simulation
/// the simulator's own context stands in its place.
/// </summary>
public sealed class SerialContext : SynchronizationContext, IThreadPoolWorkItem
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _queue = new();
    private readonly Action<Exception> _unhandled;
    private bool _scheduled;

    /// <summary>Creates the scheduler.</summary>
    /// <param name="unhandled">Told of an exception that left a work item: a defect, since every flow of the engine observes its own.</param>
    public SerialContext(Action<Exception> unhandled) => _unhandled = unhandled;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        bool schedule;
        lock (_queue)
        {
            _queue.Enqueue((d, state));
            schedule = !_scheduled;
            _scheduled = true;
        }

        if (schedule)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("The pair's scheduler is asynchronous only.");

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    void IThreadPoolWorkItem.Execute()
    {
        SynchronizationContext? before = Current;
        SetSynchronizationContext(this);
        try
        {
            // A bounded turn, so that one busy pair does not keep a pool thread from the others.
            for (int turn = 0; turn < 256; turn++)
            {
                (SendOrPostCallback Callback, object? State) item;
                lock (_queue)
                {
                    if (!_queue.TryDequeue(out item))
                    {
                        _scheduled = false;
                        return;
                    }
                }

                try
                {
                    item.Callback(item.State);
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    _unhandled(exception);
                }
            }
        }
        finally
        {
            SetSynchronizationContext(before);
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}

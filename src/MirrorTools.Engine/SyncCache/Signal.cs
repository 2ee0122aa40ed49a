namespace MirrorTools.Engine.SyncCache;

/// <summary>Wakes the one flow that waits for something to have changed. On the pair's scheduler.</summary>
internal sealed class Signal
{
    private TaskCompletionSource? _waiting;
    private bool _isSet;

    /// <summary>Something has changed.</summary>
    public void Set()
    {
        if (_waiting is { } waiting)
        {
            _waiting = null;
            waiting.TrySetResult();
        }
        else
        {
            _isSet = true;
        }
    }

    /// <summary>Completes once something has changed since the last wait.</summary>
    public Task WaitAsync()
    {
        if (_isSet)
        {
            _isSet = false;
            return Task.CompletedTask;
        }

        return (_waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }
}

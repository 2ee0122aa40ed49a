using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Caching;

/// <summary>Flushes a device one at a time; those who ask while a flush is under way share the next one. On the scheduler.</summary>
/// <param name="device">The device.</param>
/// <param name="beginning">Called before each flush.</param>
/// <param name="succeeded">Called after each flush that worked, before anybody goes on.</param>
/// <param name="failed">Called once, when a flush failed: there is no other one (P-2). Makes the exception of those who wait and of those who come later.</param>
internal sealed class SharedFlush(IBlockDevice device, Action beginning, Action succeeded, Func<Exception, Exception> failed)
{
    private TaskCompletionSource? _current;
    private TaskCompletionSource? _next;
    private Exception? _failure;

    /// <summary>True where no flush is under way.</summary>
    public bool IsIdle => _current is null;

    /// <summary>Completes when a flush that began after the call has worked.</summary>
    public Task FlushAsync()
    {
        if (_failure is not null)
        {
            return Task.FromException(_failure);
        }

        if (_current is not null)
        {
            return (_next ??= NewTurn()).Task;
        }

        _current = NewTurn();
        Task done = _current.Task;
        _ = RunAsync();
        return done;
    }

    /// <summary>Completes when no flush is under way, however the last one ended.</summary>
    public async Task WhenOverAsync()
    {
        while (_current is { } turn)
        {
            try
            {
                await turn.Task;
            }
            catch (Exception) when (_failure is not null)
            {
                // Whoever asked for the flush was told.
            }
        }
    }

    private static TaskCompletionSource NewTurn() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        while (_current is { } turn)
        {
            try
            {
                beginning();
                await device.FlushAsync(CancellationToken.None);
                succeeded();
            }
            catch (Exception exception)
            {
                _failure = failed(exception);
                (TaskCompletionSource? next, _current, _next) = (_next, null, null);
                turn.TrySetException(_failure);
                next?.TrySetException(_failure);
                return;
            }

            (_current, _next) = (_next, null);
            turn.TrySetResult();
        }
    }
}

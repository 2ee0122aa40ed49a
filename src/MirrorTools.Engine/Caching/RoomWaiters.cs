using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Caching;

/// <summary>Puts that wait for room, in the order in which they came. On the scheduler.</summary>
/// <param name="time">The clock.</param>
internal sealed class RoomWaiters(TimeProvider time)
{
    private readonly LinkedList<(int Pages, TaskCompletionSource Done)> _waiting = new();

    /// <summary>True where somebody waits.</summary>
    public bool Any => _waiting.Count > 0;

    /// <summary>Waits until so many pages can be put.</summary>
    public async Task WaitAsync(int pages, CancellationToken cancellationToken)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(int, TaskCompletionSource)> place = _waiting.AddLast((pages, done));
        try
        {
            await done.Task.WithDeadline(Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        finally
        {
            if (place.List is not null)
            {
                _waiting.Remove(place);
            }
        }
    }

    /// <summary>Lets those go on, first come first served, for whom together there is room.</summary>
    public void Release(int room)
    {
        while (_waiting.First is { } first && first.Value.Pages <= room)
        {
            room -= first.Value.Pages;
            _waiting.RemoveFirst();
            first.Value.Done.TrySetResult();
        }
    }

    /// <summary>There will be no room.</summary>
    /// <param name="failure">Makes the exception of each.</param>
    public void Fail(Func<Exception> failure)
    {
        foreach ((_, TaskCompletionSource done) in _waiting)
        {
            done.TrySetException(failure());
        }

        _waiting.Clear();
    }
}

using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Caching;

/// <summary>A bounded number of disk writes at once. On the scheduler.</summary>
/// <param name="options">How many, and how long.</param>
/// <param name="time">The clock.</param>
internal sealed class RunLanes(CacheOptions options, TimeProvider time)
{
    private readonly Stack<DiskRun> _free = new();
    private readonly List<DiskRun> _taken = [];
    private readonly LinkedList<(int Most, TaskCompletionSource<DiskRun> Turn)> _waiting = new();
    private readonly List<(long Sequence, TaskCompletionSource Done)> _watching = [];
    private Func<Exception>? _failure;
    private long _sequence;

    /// <summary>True where no disk write is under way.</summary>
    public bool IsIdle => _taken.Count == 0;

    /// <summary>Waits for its turn, in the order of the calls.</summary>
    /// <param name="most">How many writes may be under way with this one, at least 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A run, which goes back by <see cref="Return"/>.</returns>
    public async ValueTask<DiskRun> TakeAsync(int most, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        if (_taken.Count < most && _waiting.Count == 0)
        {
            return Hand();
        }

        TaskCompletionSource<DiskRun> turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(int, TaskCompletionSource<DiskRun>)> place = _waiting.AddLast((most, turn));
        try
        {
            return await turn.Task.WithDeadline(Timeout.InfiniteTimeSpan, time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The turn may have come while the wait ended.
            if (turn.Task.IsCompletedSuccessfully)
            {
                Return(await turn.Task);
            }
            else if (place.List is not null)
            {
                _waiting.Remove(place);
            }

            throw;
        }
    }

    /// <summary>The disk write is over, or there was none.</summary>
    public void Return(DiskRun run)
    {
        _taken.Remove(run);
        _free.Push(run);
        for (LinkedListNode<(int Most, TaskCompletionSource<DiskRun> Turn)>? place = _waiting.First; place is not null;)
        {
            LinkedListNode<(int Most, TaskCompletionSource<DiskRun> Turn)>? next = place.Next;
            if (_taken.Count < place.Value.Most)
            {
                _waiting.Remove(place);
                place.Value.Turn.TrySetResult(Hand());
            }

            place = next;
        }

        Tell();
    }

    /// <summary>Completes when every disk write that is under way now has worked.</summary>
    /// <exception cref="IOException">One failed.</exception>
    public async Task WhenDoneAsync(CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        await WhenOverAsync().WithDeadline(Timeout.InfiniteTimeSpan, time, cancellationToken);
        ThrowIfFailed();
    }

    /// <summary>Completes when every disk write that is under way now has ended, however it did.</summary>
    public Task WhenOverAsync()
    {
        if (_taken.Count == 0)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _watching.Add((_sequence, done));
        return done.Task;
    }

    /// <summary>No disk write begins any more: fails whoever waits for one or comes later.</summary>
    /// <param name="failure">Makes the exception of each.</param>
    public void Fail(Func<Exception> failure)
    {
        _failure ??= failure;
        foreach ((_, TaskCompletionSource<DiskRun> turn) in _waiting)
        {
            turn.TrySetException(_failure());
        }

        _waiting.Clear();
    }

    private DiskRun Hand()
    {
        DiskRun run = _free.TryPop(out DiskRun? free) ? free : new DiskRun(options.RunBytes);
        run.Sequence = ++_sequence;
        _taken.Add(run);
        return run;
    }

    private void Tell()
    {
        long oldest = _taken.Count == 0 ? long.MaxValue : _taken.Min(run => run.Sequence);
        for (int i = _watching.Count - 1; i >= 0; i--)
        {
            if (_watching[i].Sequence < oldest)
            {
                _watching[i].Done.TrySetResult();
                _watching.RemoveAt(i);
            }
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw _failure();
        }
    }
}

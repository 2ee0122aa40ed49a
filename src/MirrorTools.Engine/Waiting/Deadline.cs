namespace MirrorTools.Engine.Waiting;

/// <summary>
/// Waits for a task with a deadline and without leaving the caller's scheduler: <c>Task.WaitAsync</c> continues by way of a pool thread where the task belongs
/// to a source with asynchronous continuations, and a simulated run would then depend on luck.
/// </summary>
public static class Deadline
{
    /// <summary>Completes with <paramref name="task"/>, which goes on by itself where the wait ends earlier.</summary>
    /// <param name="task">What is waited for.</param>
    /// <param name="deadline">How long at most; <see cref="Timeout.InfiniteTimeSpan"/> where only the token ends it.</param>
    /// <param name="time">The clock of the deadline.</param>
    /// <param name="cancellationToken">Ends the wait, not the task.</param>
    /// <exception cref="TimeoutException">The deadline passed.</exception>
    public static async Task WithDeadline(this Task task, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        if (task.IsCompleted)
        {
            await task;
            return;
        }

        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Forward();
        var expiry = new Expiry(first, deadline, time);
        using var timer = time.CreateTimer(static state => ((Expiry)state!).Expire(), expiry, deadline, Timeout.InfiniteTimeSpan);
        expiry.Timer = timer;
        using var registration = cancellationToken.Register(() => first.TrySetCanceled(cancellationToken));
        await first.Task;

        async Task Forward()
        {
            try
            {
                await task;
                first.TrySetResult();
            }
            catch (Exception e)
            {
                first.TrySetException(e);
            }
        }
    }

    /// <summary>Completes with the result of <paramref name="task"/>, which goes on by itself where the wait ends earlier.</summary>
    /// <inheritdoc cref="WithDeadline(Task, TimeSpan, TimeProvider, CancellationToken)"/>
    public static async Task<T> WithDeadline<T>(this Task<T> task, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        await WithDeadline((Task)task, deadline, time, cancellationToken);
        return await task;
    }

    private sealed class Expiry(TaskCompletionSource first, TimeSpan deadline, TimeProvider time)
    {
        private static readonly TimeSpan LeastSecondChance = TimeSpan.FromSeconds(1);

        private readonly long _start = time.GetTimestamp();
        private bool _hadSecondChance;

        public ITimer? Timer { get; set; }

        public void Expire()
        {
            // A timer that is this late says that the process stood still, stopped or swapped out: what is waited for may be here already,
            // and gets as much time to be seen as the process needs to catch up.
            TimeSpan secondChance = deadline / 4 > LeastSecondChance ? deadline / 4 : LeastSecondChance;
            if (!_hadSecondChance && Timer is { } timer && time.GetElapsedTime(_start) > deadline + secondChance)
            {
                _hadSecondChance = true;
                timer.Change(secondChance, Timeout.InfiniteTimeSpan);
                return;
            }

            first.TrySetException(new TimeoutException("The deadline passed."));
        }
    }
}

namespace MirrorTools.Engine.Scheduling;

/// <summary>Starts flows on a pair's scheduler from anywhere and hands their outcome back.</summary>
/// <param name="context">The pair's serial scheduler.</param>
public sealed class ControlFlow(SynchronizationContext context)
{
    /// <summary>True on the scheduler itself.</summary>
    public bool IsCurrent => SynchronizationContext.Current == context;

    /// <summary>Runs a short action on the scheduler, later.</summary>
    public void Post(Action action) => context.Post(static state => ((Action)state!)(), action);

    /// <summary>Runs a flow on the scheduler and completes with its outcome.</summary>
    public Task<T> InvokeAsync<T>(Func<Task<T>> flow)
    {
        if (IsCurrent)
        {
            return flow();
        }

        TaskCompletionSource<T> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        context.Post(
            static async state =>
            {
                (Func<Task<T>> flow, TaskCompletionSource<T> outcome) = ((Func<Task<T>>, TaskCompletionSource<T>))state!;
                try
                {
                    outcome.TrySetResult(await flow());
                }
                catch (OperationCanceledException exception)
                {
                    outcome.TrySetCanceled(exception.CancellationToken);
                }
                catch (Exception exception)
                {
                    outcome.TrySetException(exception);
                }
            },
            (flow, outcome));
        return outcome.Task;
    }

    /// <summary>Runs a flow on the scheduler and completes with it.</summary>
    public Task InvokeAsync(Func<Task> flow) => InvokeAsync(async () =>
    {
        await flow();
        return true;
    });
}

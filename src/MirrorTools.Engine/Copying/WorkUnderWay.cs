namespace MirrorTools.Engine.Copying;

/// <summary>Counts pieces of work that are under way, for whoever waits until there is none. On one scheduler.</summary>
internal sealed class WorkUnderWay
{
    private readonly List<TaskCompletionSource> _waiting = [];
    private int _count;

    /// <summary>A piece of work begins.</summary>
    public void Enter() => _count++;

    /// <summary>A piece of work has ended.</summary>
    public void Leave()
    {
        if (--_count == 0)
        {
            TaskCompletionSource[] waiting = [.. _waiting];
            _waiting.Clear();
            foreach (TaskCompletionSource idle in waiting)
            {
                idle.TrySetResult();
            }
        }
    }

    /// <summary>Completes when nothing is under way.</summary>
    public Task WhenIdle()
    {
        if (_count == 0)
        {
            return Task.CompletedTask;
        }

        TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add(idle);
        return idle.Task;
    }
}

namespace MirrorTools.Engine.Scheduling;

/// <summary>Observes flows that nobody waits for: an exception that leaves one means that an invariant broke, and whoever owns the flows latches as failed.</summary>
public sealed class FlowWatch
{
    /// <summary>Told of what left a flow.</summary>
    public Action<Exception>? Broken { get; set; }

    /// <summary>Completes when the flow has ended, however it did.</summary>
    public async Task WatchAsync(Task flow)
    {
        try
        {
            await flow;
        }
        catch (Exception exception)
        {
            Broken?.Invoke(exception);
        }
    }
}

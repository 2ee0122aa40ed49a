namespace MirrorTools.Engine.Journal;

/// <summary>Somebody waits for a run of regions to be hot.</summary>
internal sealed class MarkRequest(long firstRegion, long lastRegion)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first region that has no slot yet.</summary>
    public long Next { get; set; } = firstRegion;

    public long Last => lastRegion;

    public bool IsOver => _done.Task.IsCompleted;

    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(() => _done.TrySetCanceled(cancellationToken));
        await _done.Task;
    }

    public void Complete() => _done.TrySetResult();

    public void Fail(Exception cause) => _done.TrySetException(cause);
}

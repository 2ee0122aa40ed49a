namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>The scheduler of a model: runs one posted continuation at a time, in the order of posting or in any order.</summary>
internal sealed class ModelContext : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];

    public bool IsIdle => _ready.Count == 0;

    public override void Post(SendOrPostCallback d, object? state) => _ready.Add((d, state));

    public override SynchronizationContext CreateCopy() => this;

    public bool RunOne(Random? random = null)
    {
        if (_ready.Count == 0)
        {
            return false;
        }

        int index = random?.Next(_ready.Count) ?? 0;
        (SendOrPostCallback callback, object? state) = _ready[index];
        _ready.RemoveAt(index);
        callback(state);
        return true;
    }

    public void RunAll()
    {
        while (RunOne())
        {
        }
    }
}

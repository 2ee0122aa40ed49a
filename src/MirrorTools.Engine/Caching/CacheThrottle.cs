namespace MirrorTools.Engine.Caching;

/// <summary>
/// Slows hosts' writes down as the unhardened content of the nodes that must take them nears its limit (S-15): free up to the target; from there each byte takes a share of a hardened byte
/// that grows from none at the target to a whole one shortly before the limit, so that writes come down smoothly to the speed of the slowest node's disk. Never an error. On any thread.
/// </summary>
/// <remarks>
/// A node that does not harden admits nothing while its pressure is above 0: whoever owns the throttle takes it out by <see cref="Remove"/> when it leaves the pair, or ends all slowing by
/// <see cref="Release"/>. The primary reports its own cache as a node among the others.
/// </remarks>
public sealed class CacheThrottle
{
    private const long LeastSavedBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, ThrottledNode> _nodes = [];
    private readonly LinkedList<(long LengthBytes, TaskCompletionSource Done)> _waiting = new();
    private readonly double _mostSavedBytes;
    private bool _isReleased;
    private int _isPressed;

    /// <summary>Creates a throttle that slows nobody down.</summary>
    /// <param name="options">The primary's cache: an eighth of what lies between target and limit may be admitted ahead of the hardening.</param>
    public CacheThrottle(CacheOptions options) => _mostSavedBytes = Math.Max(LeastSavedBytes, (options.LimitBytes - options.TargetBytes) / 8);

    /// <summary>True while a node's pressure slows writes down.</summary>
    public bool IsPressed => Volatile.Read(ref _isPressed) != 0;

    /// <summary>How many writes wait at present.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Completes when a host's write may go on: at once, without a lock or an allocation, while no node is above its target; else in the order of the calls.</summary>
    /// <param name="lengthBytes">The write's length; counted in whole pages, as caches do.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask AdmitAsync(long lengthBytes, CancellationToken cancellationToken) =>
        Volatile.Read(ref _isPressed) == 0 ? ValueTask.CompletedTask : AdmitSlowly(lengthBytes, cancellationToken);

    /// <summary>A node says how its cache stands. Often enough: after each flush of its hardening, and while its pressure rises.</summary>
    /// <param name="node">Which node.</param>
    /// <param name="pressure">Its <see cref="WriteBackCache.Pressure"/>, 0 to 1.</param>
    /// <param name="hardenedBytes">Its <see cref="WriteBackCache.HardenedBytes"/>.</param>
    public void Report(int node, double pressure, long hardenedBytes)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node, out ThrottledNode? reported))
            {
                // What it hardened before is nobody's allowance.
                _nodes.Add(node, reported = new ThrottledNode());
                reported.Report(0, hardenedBytes, _mostSavedBytes);
            }

            reported.Report(pressure, hardenedBytes, _mostSavedBytes);
            Admit();
        }
    }

    /// <summary>A node has left the pair and slows nobody down any more.</summary>
    public void Remove(int node)
    {
        lock (_gate)
        {
            _nodes.Remove(node);
            Admit();
        }
    }

    /// <summary>Lets everybody go, and slows nobody down from now on: the cache is not in the way of writes any more.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isReleased = true;
            _nodes.Clear();
            Admit();
        }
    }

    private ValueTask AdmitSlowly(long lengthBytes, CancellationToken cancellationToken)
    {
        long chargedBytes = (lengthBytes + PageTable.PageBytes - 1) / PageTable.PageBytes * PageTable.PageBytes;
        LinkedListNode<(long, TaskCompletionSource)> place;
        lock (_gate)
        {
            if (_waiting.Count == 0 && MayAdmit())
            {
                Charge(chargedBytes);
                return ValueTask.CompletedTask;
            }

            place = _waiting.AddLast((chargedBytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        return new ValueTask(WaitAsync(place, cancellationToken));
    }

    private async Task WaitAsync(LinkedListNode<(long LengthBytes, TaskCompletionSource Done)> place, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.Register(() =>
        {
            lock (_gate)
            {
                if (place.List is not null)
                {
                    _waiting.Remove(place);
                    place.Value.Done.TrySetCanceled(cancellationToken);
                }
            }
        });
        await place.Value.Done.Task;
    }

    private void Admit()
    {
        bool isPressed = false;
        foreach (ThrottledNode node in _nodes.Values)
        {
            isPressed |= node.Pressure > 0 && !_isReleased;
        }

        while (_waiting.First is { } first && MayAdmit())
        {
            Charge(first.Value.LengthBytes);
            _waiting.RemoveFirst();
            first.Value.Done.TrySetResult();
        }

        Volatile.Write(ref _isPressed, isPressed ? 1 : 0);
    }

    private bool MayAdmit()
    {
        foreach (ThrottledNode node in _nodes.Values)
        {
            if (!node.Admits)
            {
                return _isReleased;
            }
        }

        return true;
    }

    private void Charge(long lengthBytes)
    {
        foreach (ThrottledNode node in _nodes.Values)
        {
            node.Charge(lengthBytes);
        }
    }
}

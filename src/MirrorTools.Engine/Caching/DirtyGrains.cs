namespace MirrorTools.Engine.Caching;

/// <summary>
/// The grains with unhardened pages, by number, and those with dirty pages in the order in which they are to be hardened: least recently written first, except that a grain which
/// has been dirty for longer than the age gives up no place for being written again. Every operation takes constant time. On the scheduler.
/// </summary>
/// <param name="ageTicks">After how long a grain keeps its place, in ticks of the clock's timestamps.</param>
internal sealed class DirtyGrains(long ageTicks)
{
    private readonly Dictionary<long, int> _index = [];
    private DirtyGrain[] _nodes = [];
    private int _firstFree = -1;
    private int _last = -1;

    /// <summary>The node of the grain that is to be hardened first; -1 where none is dirty.</summary>
    public int First { get; private set; } = -1;

    /// <summary>A grain's node.</summary>
    public ref DirtyGrain this[int node] => ref _nodes[node];

    /// <summary>The node of a grain with unhardened pages, or -1.</summary>
    public int Find(long grain) => _index.TryGetValue(grain, out int node) ? node : -1;

    /// <summary>True where the grain has dirty pages.</summary>
    public bool IsDirty(long grain) => Find(grain) is >= 0 and int node && _nodes[node].DirtyPages > 0;

    /// <summary>The node of a grain, which gets one where it has none.</summary>
    public int FindOrAdd(long grain)
    {
        if (_index.TryGetValue(grain, out int node))
        {
            return node;
        }

        if (_firstFree < 0)
        {
            Grow();
        }

        node = _firstFree;
        _firstFree = _nodes[node].Next;
        _nodes[node] = new DirtyGrain { Grain = grain, Pages = new PageList(), Next = -1, Previous = -1 };
        _index.Add(grain, node);
        return node;
    }

    /// <summary>The grain has no unhardened page any more.</summary>
    public void Remove(int node)
    {
        _index.Remove(_nodes[node].Grain);
        Free(node);
    }

    /// <summary>A put reached the grain, whose pages with dirty sectors are counted already.</summary>
    /// <param name="node">The grain's node.</param>
    /// <param name="turnedDirty">How many pages had no dirty sector before.</param>
    /// <param name="now">The clock's timestamp.</param>
    public void Written(int node, int turnedDirty, long now)
    {
        ref DirtyGrain grain = ref _nodes[node];
        bool isListed = grain.DirtyPages > 0;
        grain.DirtyPages += turnedDirty;
        if (!isListed)
        {
            grain.DirtySince = now;
            Append(node, now);
        }
        else if (now - grain.DirtySince < ageTicks)
        {
            PutLast(node, now);
        }
    }

    /// <summary>A page of the grain has no dirty sector any more.</summary>
    public void Taken(int node)
    {
        if (--_nodes[node].DirtyPages == 0)
        {
            Unlink(node);
        }
    }

    /// <summary>Moves a dirty grain to the end of the age list.</summary>
    public void PutLast(int node, long now)
    {
        Unlink(node);
        Append(node, now);
    }

    /// <summary>Forgets all grains.</summary>
    public void Clear()
    {
        _index.Clear();
        (First, _last, _firstFree) = (-1, -1, -1);
        for (int node = _nodes.Length - 1; node >= 0; node--)
        {
            Free(node);
        }
    }

    private void Grow()
    {
        int before = _nodes.Length;
        Array.Resize(ref _nodes, Math.Max(64, before * 2));
        for (int node = _nodes.Length - 1; node >= before; node--)
        {
            Free(node);
        }
    }

    private void Free(int node)
    {
        _nodes[node].Next = _firstFree;
        _firstFree = node;
    }

    private void Append(int node, long now)
    {
        ref DirtyGrain grain = ref _nodes[node];
        (grain.Previous, grain.Next, grain.PlacedAt) = (_last, -1, now);
        if (_last < 0)
        {
            First = node;
        }
        else
        {
            _nodes[_last].Next = node;
        }

        _last = node;
    }

    private void Unlink(int node)
    {
        ref DirtyGrain grain = ref _nodes[node];
        if (grain.Previous < 0)
        {
            First = grain.Next;
        }
        else
        {
            _nodes[grain.Previous].Next = grain.Next;
        }

        if (grain.Next < 0)
        {
            _last = grain.Previous;
        }
        else
        {
            _nodes[grain.Next].Previous = grain.Previous;
        }
    }
}

namespace MirrorTools.Engine.Journal;

/// <summary>Which slot of the dirty-region log holds which region. The log's lock guards it.</summary>
internal sealed class RegionTable
{
    private readonly long[] _regions;
    private readonly ulong[] _markedAt;
    private readonly Dictionary<long, int> _slots = [];
    private readonly Queue<int> _free = [];
    private readonly Queue<int> _unwritten = [];
    private ulong _marks;

    /// <summary>Creates a table of the regions that recovery found; a region that two slots hold keeps the first.</summary>
    public RegionTable(ReadOnlySpan<long> regions)
    {
        _regions = regions.ToArray();
        _markedAt = new ulong[_regions.Length];
        for (int slot = 0; slot < _regions.Length; slot++)
        {
            if (_regions[slot] == RegionLogBlock.NoRegion || !_slots.TryAdd(_regions[slot], slot))
            {
                _regions[slot] = RegionLogBlock.NoRegion;
                _free.Enqueue(slot);
            }
        }
    }

    public int SlotCount => _regions.Length;

    public int FreeCount => _free.Count;

    /// <summary>How many slots hold a region that no block on disk says yet.</summary>
    public int UnwrittenCount => _unwritten.Count;

    public ReadOnlySpan<long> Regions => _regions;

    /// <summary>The regions that have a slot.</summary>
    public IReadOnlyCollection<long> Held => [.. _slots.Keys];

    public bool Contains(long region) => _slots.ContainsKey(region);

    /// <summary>Gives a region a slot, to be written; false where none is free.</summary>
    public bool TryAssign(long region)
    {
        if (!_free.TryDequeue(out int slot))
        {
            return false;
        }

        _regions[slot] = region;
        _slots.Add(region, slot);
        _unwritten.Enqueue(slot);
        Touch(region);
        return true;
    }

    /// <summary>Makes a region the most recently marked one.</summary>
    public void Touch(long region) => _markedAt[_slots[region]] = ++_marks;

    /// <summary>Takes a region's slot back. The disk may name the region there until the slot is used again: that claims too much, never too little.</summary>
    public void Free(long region)
    {
        _slots.Remove(region, out int slot);
        _regions[slot] = RegionLogBlock.NoRegion;
        _free.Enqueue(slot);
    }

    /// <summary>Takes slots to be written, as many as fit into a block.</summary>
    public int[] TakeUnwritten()
    {
        int[] slots = new int[Math.Min(_unwritten.Count, RegionLogBlock.MaximumChanges)];
        for (int index = 0; index < slots.Length; index++)
        {
            slots[index] = _unwritten.Dequeue();
        }

        return slots;
    }

    /// <summary>Gives slots back whose block could not be written.</summary>
    public void ReturnUnwritten(int[] slots) => Array.ForEach(slots, _unwritten.Enqueue);

    /// <summary>Regions, least recently marked first.</summary>
    public IEnumerable<long> ByAge() => _slots.OrderBy(entry => _markedAt[entry.Value]).Select(entry => entry.Key);
}

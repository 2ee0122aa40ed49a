using MirrorTools.Engine.Volumes;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Disks;

/// <summary>
/// A medium with a page cache over it. It outlives processes (the cache stays) and power losses (the cache goes: each write since the last good
/// flush is kept, lost, reordered or torn at 512 bytes, by seed). Processes reach it by <see cref="Open"/>.
/// </summary>
public sealed class SimDisk
{
    private readonly PageStore _current = new();
    private readonly PageStore _durable = new();
    private readonly WriteCache _cache;
    private readonly List<SimDiskHandle> _handles = [];
    private long _writeIds;

    /// <summary>Creates a disk full of zeros, none of them allocated.</summary>
    public SimDisk(SimScheduler scheduler, string name, SimDiskOptions options)
    {
        Scheduler = scheduler;
        Name = name;
        Options = options;
        Random = scheduler.Random.Fork("disk " + name);
        Actor = scheduler.CreateProcess("disk " + name);
        _cache = new WriteCache(_durable);
    }

    /// <summary>The disk's name in plans and messages.</summary>
    public string Name { get; }

    /// <summary>What the disk is like.</summary>
    public SimDiskOptions Options { get; }

    /// <summary>What is wrong with it at present.</summary>
    public SimDiskFaults Faults { get; } = new();

    /// <summary>What happened so far.</summary>
    public SimDiskCounters Counters { get; } = new();

    /// <summary>Called when a request of a kind ("read", "write", "flush") is about to take effect: where plans strike.</summary>
    public Action<SimDisk, string>? Reached { get; set; }

    /// <summary>Called after bytes became visible, with offset and length: where an invariant may look.</summary>
    public Action<long, long>? Changed { get; set; }

    /// <summary>Bytes allocated at present.</summary>
    public long AllocatedBytes => _current.AllocatedBytes;

    /// <summary>Sectors with content that a power loss could take away.</summary>
    public int UnsettledSectors => _cache.UnsettledSectors;

    internal SimScheduler Scheduler { get; }

    internal SimRandom Random { get; }

    /// <summary>Under whose name the disk's own events appear in the trace.</summary>
    internal SimProcess Actor { get; }

    /// <summary>Opens the disk for one incarnation of a process. A flush failure of an earlier handle is over, and what it left unknown is decided now.</summary>
    public SimDiskHandle Open(SimProcess owner)
    {
        if (_handles.Exists(h => h.HasFailedFlush))
        {
            PowerLossRules.LoseAfterFailedFlush(this, _cache, Random);
        }

        _handles.RemoveAll(h => !h.IsOpen || h.HasFailedFlush);
        var handle = new SimDiskHandle(this, owner);
        _handles.Add(handle);
        return handle;
    }

    /// <summary>The power goes: requests in flight happen in part or not at all, and every unflushed sector is kept or lost. Kill the processes first.</summary>
    public void LosePower()
    {
        foreach (var handle in _handles)
        {
            handle.Abandon();
        }

        _handles.Clear();
        Counters.PowerLosses++;
        PowerLossRules.LosePower(this, _cache, Random);
    }

    /// <summary>Sets content before the run begins, durably.</summary>
    public void Preload(long offsetBytes, ReadOnlySpan<byte> data)
    {
        _current.Write(offsetBytes, data);
        _durable.Write(offsetBytes, data);
    }

    /// <summary>Reads what a process would see now, without a request.</summary>
    public void Peek(long offsetBytes, Span<byte> buffer) => _current.Read(offsetBytes, buffer);

    /// <summary>Reads what a power loss that loses everything would leave.</summary>
    public void PeekDurable(long offsetBytes, Span<byte> buffer) => _durable.Read(offsetBytes, buffer);

    /// <summary>Flips a bit of the medium and of the cache: what a checksum must catch.</summary>
    public void Corrupt(long offsetBytes, int bit)
    {
        Span<byte> one = stackalloc byte[1];
        _current.Read(offsetBytes, one);
        one[0] ^= (byte)(1 << bit);
        _current.Write(offsetBytes, one);
        _durable.Read(offsetBytes, one);
        one[0] ^= (byte)(1 << bit);
        _durable.Write(offsetBytes, one);
    }

    internal long NextWriteId() => ++_writeIds;

    internal void Apply(long offsetBytes, long lengthBytes, ReadOnlySpan<byte> data, bool unmap, long writeId)
    {
        if (data.IsEmpty)
        {
            _current.Clear(offsetBytes, lengthBytes, unmap);
            _cache.Put(offsetBytes, lengthBytes, null, writeId);
        }
        else
        {
            var copy = data.ToArray();
            _current.Write(offsetBytes, copy);
            _cache.Put(offsetBytes, lengthBytes, copy, writeId);
        }

        Changed?.Invoke(offsetBytes, lengthBytes);
    }

    internal void Read(long offsetBytes, Span<byte> buffer) => _current.Read(offsetBytes, buffer);

    internal bool HasRoomFor(long offsetBytes, long lengthBytes) =>
        Faults.BudgetBytes is not { } budget ||
        _current.AllocatedBytes + ((long)_current.CountMissingPages(offsetBytes, lengthBytes) * PageStore.PageBytes) <= budget;

    internal long CacheSequence => _cache.LastSequence;

    internal void Settle(long sequence) => _cache.Settle(sequence);

    internal void SettleRange(long offsetBytes, long lengthBytes) => _cache.SettleRange(offsetBytes, lengthBytes, _cache.LastSequence);

    internal void FailFlush() => PowerLossRules.FailFlush(this, _cache, Random);

    internal BlockExtent FindExtent(long offsetBytes, long lengthBytes)
    {
        var allocated = _current.IsAllocated(offsetBytes);
        var end = offsetBytes;
        while (end < offsetBytes + lengthBytes && _current.IsAllocated(end) == allocated)
        {
            end = ((end / PageStore.PageBytes) + 1) * PageStore.PageBytes;
        }

        return new BlockExtent(Math.Min(end, offsetBytes + lengthBytes) - offsetBytes, allocated ? ExtentKind.Data : ExtentKind.Hole);
    }

    /// <summary>After a crash the cache shows what the medium holds.</summary>
    internal void ReloadSector(long sector)
    {
        Span<byte> content = stackalloc byte[WriteCache.SectorBytes];
        _durable.Read(sector * WriteCache.SectorBytes, content);
        _current.Write(sector * WriteCache.SectorBytes, content);
        Changed?.Invoke(sector * WriteCache.SectorBytes, WriteCache.SectorBytes);
    }

    internal TimeSpan DrawLatency()
    {
        var latency = Random.Chance(Options.SlowProbability) ? Options.SlowLatency : Random.Between(Options.LeastLatency, Options.MostLatency);
        return latency + Faults.ExtraLatency;
    }
}

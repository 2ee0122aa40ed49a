namespace MirrorTools.Simulation.Disks;

/// <summary>What happened on a disk.</summary>
public sealed class SimDiskCounters
{
    /// <summary>Reads that completed.</summary>
    public long Reads { get; internal set; }

    /// <summary>Writes, of data or zeros, that completed.</summary>
    public long Writes { get; internal set; }

    /// <summary>Flushes that completed.</summary>
    public long Flushes { get; internal set; }

    /// <summary>Requests that failed.</summary>
    public long Errors { get; internal set; }

    /// <summary>Times the power went.</summary>
    public long PowerLosses { get; internal set; }

    /// <summary>Sectors whose newest content a power loss or failed flush took away.</summary>
    public long LostSectors { get; internal set; }

    /// <summary>Writes of which a crash kept some sectors and not others.</summary>
    public long TornWrites { get; internal set; }
}

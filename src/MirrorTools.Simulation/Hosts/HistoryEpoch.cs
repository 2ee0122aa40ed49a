namespace MirrorTools.Simulation.Hosts;

/// <summary>
/// What hosts did between two crashes of the source: the volumes' content at its beginning, and every write since. A crash may tear what was in flight and
/// a power loss takes what was not flushed, so after it the source itself says what its content is, and a new epoch begins.
/// </summary>
public sealed class HistoryEpoch
{
    private readonly byte[][] _base;
    private readonly List<HostWrite>?[][] _writers;
    private readonly Dictionary<long, HostWrite> _writes = [];

    internal HistoryEpoch(int number, byte[][] baseImages)
    {
        Number = number;
        _base = baseImages;
        _writers = [.. baseImages.Select(image => new List<HostWrite>?[image.Length / SectorStamp.Bytes])];
    }

    /// <summary>The epoch's number, from 0.</summary>
    public int Number { get; }

    /// <summary>When it began.</summary>
    public long Began { get; init; }

    /// <summary>True where all that it began with is durable.</summary>
    public bool IsBaseDurable { get; init; } = true;

    /// <summary>How many volumes there are.</summary>
    public int VolumeCount => _base.Length;

    /// <summary>Every write of the epoch.</summary>
    public IReadOnlyCollection<HostWrite> Writes => _writes.Values;

    /// <summary>When the last flush that succeeded was issued, per volume; 0 where none did.</summary>
    public long[] FlushedAt { get; } = new long[16];

    /// <summary>The volume's content when the epoch began.</summary>
    public ReadOnlySpan<byte> BaseOf(int volume) => _base[volume];

    /// <summary>A sector's content when the epoch began.</summary>
    public ReadOnlySpan<byte> BaseOf(int volume, long sector) => _base[volume].AsSpan((int)sector * SectorStamp.Bytes, SectorStamp.Bytes);

    /// <summary>The writes to a sector, in the order they were issued; null where there are none.</summary>
    public IReadOnlyList<HostWrite>? WritersOf(int volume, long sector) => _writers[volume][sector];

    /// <summary>The write that a stamp names, where it is one of this epoch that touches the sector.</summary>
    public HostWrite? Find(long writeId, int volume, long sector) =>
        _writes.TryGetValue(writeId, out var write) && write.Volume == volume && !write.IsZeroing
        && sector >= write.FirstSector && sector < write.FirstSector + write.SectorCount
            ? write
            : null;

    internal void Add(HostWrite write)
    {
        _writes[write.Id] = write;
        for (var sector = write.FirstSector; sector < write.FirstSector + write.SectorCount; sector++)
        {
            (_writers[write.Volume][sector] ??= []).Add(write);
        }
    }
}

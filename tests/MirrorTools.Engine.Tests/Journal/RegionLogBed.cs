using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>A dirty-region log over two disks on one power switch.</summary>
internal sealed class RegionLogBed
{
    public const int RegionBytes = 64 * 1024;

    public RegionLogBed(int regions, int slots)
    {
        Identity = new MetadataIdentity(
            new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), Guid.Empty, new GrainGeometry((long)regions * RegionBytes, 4096), RegionBytes, slots, 0, 0);
        long lengthBytes = DirtyRegionLog.RequiredLengthBytes(slots) + 4096;
        Disks = [new CutDisk(lengthBytes, Power), new CutDisk(lengthBytes, Power)];
    }

    public PowerSwitch Power { get; } = new();

    public StillTime Time { get; } = new();

    public CutDisk[] Disks { get; }

    public MetadataIdentity Identity { get; }

    public LogPlace First => new(Disks[0], 4096);

    public LogPlace Second => new(Disks[1], 0);

    public Task<DirtyRegionLog> CreateAsync() => DirtyRegionLog.CreateAsync(Identity, First, Second, Time, default);

    public Task<DirtyRegionLog> OpenAsync() => DirtyRegionLog.OpenAsync(Identity, First, Second, Time, default);

    /// <summary>The blocks of a place, by what its own header says.</summary>
    public IEnumerable<RegionLogBlock> BlocksOf(int place)
    {
        long offsetBytes = place == 0 ? First.OffsetBytes : Second.OffsetBytes;
        for (int position = 0; position < RegionLogBlock.RingBlocks; position++)
        {
            if (RegionLogBlock.TryRead(Disks[place].Visible.Slice((int)offsetBytes + (position * 4096), 4096), out RegionLogBlock block))
            {
                yield return block;
            }
        }
    }
}

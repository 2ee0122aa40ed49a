using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <content>Sizes, creating and opening.</content>
internal sealed partial class PreservedArea
{
    /// <summary>How long a device has to be for so many slots, in bytes.</summary>
    public static long LengthFor(GrainGeometry geometry, long slotCount) => PreservedAreaLayout.For(geometry, slotCount).LengthBytes;

    /// <summary>How many slots fit into a device of this length; 0 where it is too short for any.</summary>
    public static long SlotsIn(GrainGeometry geometry, long lengthBytes) => PreservedAreaLayout.SlotsIn(geometry, lengthBytes);

    /// <summary>
    /// Lays out an empty area over whatever the device holds, with as many slots as fit. The header comes last: a creation that was cut leaves what can't be opened, or,
    /// where it had not begun in earnest, the older area as it was.
    /// </summary>
    /// <exception cref="ArgumentException">The device is too short for a single slot.</exception>
    public static async Task CreateAsync(IBlockDevice device, Guid pairId, GrainGeometry geometry)
    {
        long slotCount = SlotsIn(geometry, device.Geometry.LengthBytes);
        if (slotCount == 0)
        {
            throw new ArgumentException($"The device of {device.Geometry.LengthBytes} bytes is too short for a preserved area: it needs {LengthFor(geometry, 1)}.", nameof(device));
        }

        // An older area's headers go first, for good, before anything else of it is touched.
        await device.WriteZeroesAsync(0, PreservedAreaLayout.TableOffsetBytes, WriteOptions.None, CancellationToken.None);
        await device.FlushAsync(CancellationToken.None);
        PreservedAreaLayout layout = PreservedAreaLayout.For(geometry, slotCount);
        await device.WriteZeroesAsync(layout.Table.OffsetBytes, layout.Table.LengthBytes, WriteOptions.MayUnmap, CancellationToken.None);
        await device.FlushAsync(CancellationToken.None);
        PreservedAreaHeader header = new(pairId, geometry, slotCount, Era: 1, Sequence: 0);
        await new PreservedAreaHeaders(new MetadataDevice(device, "preserved area"), header, newestCopy: 1).WriteAsync(header.Era);
    }

    /// <summary>Opens an area.</summary>
    /// <param name="device">The device.</param>
    /// <param name="pairId">The pair it must belong to.</param>
    /// <param name="geometry">The volume it must belong to.</param>
    /// <param name="layers">The labels of the layers that are kept, ascending; where there are none every slot is free.</param>
    /// <param name="newest">
    /// The newest label that there may be, where the newest kept layer is an older one: that one has what newer layers held, where it lacks it, and shows its point as before.
    /// </param>
    /// <exception cref="MetadataCorruptException">The area is damaged, or another one's; or it holds a layer newer than the newest kept one, so the list is outdated.</exception>
    /// <exception cref="MetadataVersionException">The area needs a newer program.</exception>
    public static async Task<PreservedArea> OpenAsync(IBlockDevice device, Guid pairId, GrainGeometry geometry, IReadOnlyList<ulong> layers, ulong newest = 0)
    {
        // What a process that died left in the system's cache can be read and is not durable yet. Without this flush the next write of a block would go over the copy that is.
        await device.FlushAsync(CancellationToken.None);
        MetadataDevice metadata = new(device, "preserved area");
        PreservedArea area = new(metadata, await PreservedAreaHeaders.OpenAsync(metadata, pairId, geometry));
        foreach (ulong label in layers)
        {
            area.BeginLayer(label);
        }

        if (newest > area._newestLabel)
        {
            area._newestLabel = newest;
        }

        await new PreservedTableLoader(metadata, area._layout.Table, pairId, area._table).RunAsync();
        area.TakeEntries();
        return area;
    }

    private void TakeEntries()
    {
        foreach ((long slot, PreservedEntry entry) in _table.Entries())
        {
            if (slot >= SlotCount || entry.Grain >= _geometry.GrainCount)
            {
                throw new MetadataCorruptException("preserved area", $"The table of the preserved area speaks of grain {entry.Grain} in slot {slot}; there are {_geometry.GrainCount} and {SlotCount}.");
            }

            if (_layers.Newest is not null && _newestLabel is { } newest && entry.Label > newest)
            {
                // A layer is begun only after the record of its point was durable.
                throw new MetadataCorruptException(
                    "state record", $"The newest state record is lost: the one that is left knows points up to {newest}, and the preserved area holds grains of point {entry.Label}.");
            }

            _newestLabel = Math.Max(_newestLabel ?? 0, entry.Label);
            _slots.Take(slot);
            Admit(slot, entry);
        }
    }
}

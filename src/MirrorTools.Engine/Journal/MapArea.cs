using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// The pages of up to four grain maps on disk, two slots each. Writes wait for each other.
/// </summary>
/// <remarks>
/// A page is written into the slot that is not its last flushed one, and into that same slot again until a flush has made it durable. So the flushed slot
/// is never touched, and a power cut finds, of every page, what was flushed last or something newer.
/// </remarks>
public sealed class MapArea
{
    private const int PagesPerBatch = 64;
    private const byte NoSlot = 0xFF;

    private delegate void PageReader(int page, int map, Span<ulong> words);

    private readonly MetadataDevice _device;
    private readonly MapAreaLayout _layout;
    private readonly Guid _pairId;
    private readonly byte[] _durableSlots;
    private readonly Dictionary<int, byte> _writtenSlots = [];
    private byte[]? _buffer;
    private ulong _sequence;
    private bool _isLoaded;

    internal MapArea(MetadataDevice device, MapAreaLayout layout, Guid pairId, bool isNew)
    {
        (_device, _layout, _pairId, _isLoaded) = (device, layout, pairId, isNew);
        _durableSlots = new byte[layout.PageCount];
        Array.Fill(_durableSlots, NoSlot);
    }

    /// <summary>How many pages the area has.</summary>
    public int PageCount => _layout.PageCount;

    /// <summary>
    /// Snapshots and writes pages of the maps; durable after the store's next flush. Of each page the last map is read first: where bits of
    /// a later map are set only after their bits of an earlier one (F-7: a future map within its copied map), the snapshot keeps it so.
    /// </summary>
    /// <param name="pages">The pages, best ascending.</param>
    /// <param name="maps">One to four maps; maps left out are written as zeros.</param>
    /// <param name="epoch">Handed to <see cref="PageFixup"/> when the page is loaded.</param>
    /// <param name="cancellationToken">Ends the work between two writes.</param>
    /// <exception cref="IOException">A write failed: those pages are what they were at the last flush, or newer.</exception>
    /// <exception cref="InvalidOperationException">The area of an existing file was not loaded first.</exception>
    public Task WritePagesAsync(IReadOnlyList<int> pages, GrainMap[] maps, ulong epoch, CancellationToken cancellationToken)
    {
        Check(maps);
        return WriteAsync(pages, maps.Length, (page, map, words) => maps[map].ReadPage(page, words), epoch, cancellationToken);
    }

    /// <summary>Writes pages as they were when the snapshot was taken; durable after the store's next flush.</summary>
    /// <param name="snapshot">The pages and what they held.</param>
    /// <param name="epoch">Handed to <see cref="PageFixup"/> when the page is loaded.</param>
    /// <param name="cancellationToken">Ends the work between two writes.</param>
    /// <exception cref="IOException">A write failed: those pages are what they were at the last flush, or newer.</exception>
    /// <exception cref="InvalidOperationException">The area of an existing file was not loaded first.</exception>
    public Task WritePagesAsync(MapPageSnapshot snapshot, ulong epoch, CancellationToken cancellationToken) =>
        WriteAsync(snapshot.Pages, snapshot.MapCount, snapshot.ReadPage, epoch, cancellationToken);

    private async Task WriteAsync(IReadOnlyList<int> pages, int mapCount, PageReader read, ulong epoch, CancellationToken cancellationToken)
    {
        using SerialGate.Turn turn = await _device.EnterAsync(cancellationToken);
        if (!_isLoaded)
        {
            throw new InvalidOperationException("Load the map area before writing to it: which slot of a page is the durable one is not known.");
        }

        _buffer ??= new byte[PagesPerBatch * BlockHeader.BlockBytes];
        _sequence++;
        for (int done = 0; done < pages.Count; done += PagesPerBatch)
        {
            await WriteBatchAsync(pages.Skip(done).Take(PagesPerBatch), mapCount, read, epoch, cancellationToken);
        }
    }

    /// <summary>Reads every page that was ever written into the maps; the newest valid slot wins. The maps have no concurrent writer.</summary>
    /// <param name="maps">One to four maps, at their initial values: pages that were never written stay as they are.</param>
    /// <param name="fixup">Changes a page before it goes into the maps, or null.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <exception cref="IOException">The device failed as a whole; single sectors that can't be read count as invalid slots.</exception>
    public async Task<MapLoadResult> LoadAsync(GrainMap[] maps, PageFixup? fixup, CancellationToken cancellationToken)
    {
        Check(maps);
        using SerialGate.Turn turn = await _device.EnterAsync(cancellationToken);
        MapAreaLoader loader = new(_device, _layout, _pairId, maps, fixup);
        await loader.RunAsync(_durableSlots, cancellationToken);
        _sequence = Math.Max(_sequence, loader.NewestSequence);
        _isLoaded = true;
        return loader.Result;
    }

    /// <summary>A flush worked: what was written before it is durable.</summary>
    internal void Settle()
    {
        foreach ((int page, byte slot) in _writtenSlots)
        {
            _durableSlots[page] = slot;
        }

        _writtenSlots.Clear();
    }

    private async ValueTask WriteBatchAsync(IEnumerable<int> pages, int mapCount, PageReader read, ulong epoch, CancellationToken cancellationToken)
    {
        List<(long OffsetBytes, int Page)> batch = [];
        foreach (int page in pages)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)page, (uint)PageCount, nameof(pages));
            // A slot whose write fails is spoilt: no flush may declare it durable.
            _writtenSlots.Remove(page);
            batch.Add((_layout.OffsetOf(page, SlotToWrite(page)), page));
        }

        batch.Sort();
        for (int first = 0, count; first < batch.Count; first += count)
        {
            count = 0;
            do
            {
                Snapshot(_buffer.AsSpan(count * BlockHeader.BlockBytes, BlockHeader.BlockBytes), batch[first + count].Page, mapCount, read, epoch);
                count++;
            }
            while (first + count < batch.Count && batch[first + count].OffsetBytes == batch[first].OffsetBytes + (count * BlockHeader.BlockBytes));

            Memory<byte> run = _buffer.AsMemory(0, count * BlockHeader.BlockBytes);
            await _device.Device.WriteAsync(batch[first].OffsetBytes, run, WriteOptions.None, cancellationToken);
            foreach ((_, int page) in batch.GetRange(first, count))
            {
                _writtenSlots[page] = SlotToWrite(page);
            }
        }
    }

    private byte SlotToWrite(int page) => (byte)(_durableSlots[page] == 0 ? 1 : 0);

    private void Snapshot(Span<byte> block, int page, int mapCount, PageReader read, ulong epoch)
    {
        Span<ulong> words = stackalloc ulong[GrainMap.WordsPerPage];
        for (int map = mapCount - 1; map >= 0; map--)
        {
            read(page, map, words);
            MapPageHeader.WriteMap(block, map, words);
        }

        new MapPageHeader(_pairId, _sequence, epoch, page, _layout.Area, (byte)mapCount).Seal(block);
    }

    private void Check(GrainMap[] maps)
    {
        if (maps.Length is < 1 or > MapPageHeader.MaximumMaps || Array.Exists(maps, map => map.PageCount != PageCount))
        {
            throw new ArgumentException($"A map area takes 1 to {MapPageHeader.MaximumMaps} maps of {PageCount} pages each.", nameof(maps));
        }
    }
}

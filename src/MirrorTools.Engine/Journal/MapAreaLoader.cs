using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>Reads the pages of one map area: holes are skipped, the rest is read a window at a time.</summary>
internal sealed class MapAreaLoader(MetadataDevice device, MapAreaLayout layout, Guid pairId, GrainMap[] maps, PageFixup? fixup)
{
    private const int WindowBytes = 8 * MapAreaLayout.GroupBytes;

    private readonly List<int> _corrupt = [];
    private readonly List<int> _half = [];
    private readonly List<int> _unsettled = [];
    private int _loaded;

    private enum SlotContent
    {
        Unwritten,
        Valid,
        Invalid,
    }

    public ulong NewestSequence { get; private set; }

    public MapLoadResult Result => new(_loaded, _corrupt, _half, _unsettled);

    /// <summary>Reads all pages.</summary>
    /// <param name="durableSlots">Gets the valid slot of each page that has one.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    public async ValueTask RunAsync(byte[] durableSlots, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[Math.Min(WindowBytes, layout.LengthBytes)];
        for (long position = 0; position < layout.LengthBytes;)
        {
            BlockExtent extent = await device.Device.FindExtentAsync(layout.OffsetBytes + position, layout.LengthBytes - position, cancellationToken);
            if (extent.Kind != ExtentKind.Data)
            {
                position += extent.LengthBytes;
                continue;
            }

            long end = Math.Min(position + extent.LengthBytes, layout.LengthBytes);
            long windowStart = position / MapAreaLayout.GroupBytes * MapAreaLayout.GroupBytes;
            long groupsBytes = (end - windowStart + MapAreaLayout.GroupBytes - 1) / MapAreaLayout.GroupBytes * MapAreaLayout.GroupBytes;
            int windowBytes = (int)Math.Min(groupsBytes, buffer.Length);
            int firstPage = (int)(windowStart / MapAreaLayout.GroupBytes) * MapAreaLayout.PagesPerGroup;
            int pageCount = Math.Min(windowBytes / MapAreaLayout.GroupBytes * MapAreaLayout.PagesPerGroup, layout.PageCount - firstPage);
            await device.ReadBlocksAsync(
                layout.OffsetBytes + windowStart, buffer.AsMemory(0, windowBytes), window => AreSound(window, firstPage, pageCount, windowStart), cancellationToken);
            for (int page = firstPage; page < firstPage + pageCount; page++)
            {
                LoadPage(page, buffer, layout.OffsetBytes + windowStart, durableSlots);
            }

            position = windowStart + windowBytes;
        }
    }

    private void LoadPage(int page, byte[] buffer, long bufferOffsetBytes, byte[] durableSlots)
    {
        ReadOnlySpan<byte> slot0 = buffer.AsSpan((int)(layout.OffsetOf(page, 0) - bufferOffsetBytes), BlockHeader.BlockBytes);
        ReadOnlySpan<byte> slot1 = buffer.AsSpan((int)(layout.OffsetOf(page, 1) - bufferOffsetBytes), BlockHeader.BlockBytes);
        SlotContent content0 = Inspect(slot0, page, out MapPageHeader header0);
        SlotContent content1 = Inspect(slot1, page, out MapPageHeader header1);

        List<int>? report = (content0, content1) switch
        {
            (SlotContent.Invalid, SlotContent.Invalid) => _corrupt,
            (SlotContent.Invalid, SlotContent.Valid) or (SlotContent.Valid, SlotContent.Invalid) => _half,
            (SlotContent.Invalid, SlotContent.Unwritten) or (SlotContent.Unwritten, SlotContent.Invalid) => _unsettled,
            _ => null,
        };
        report?.Add(page);

        if (content0 == SlotContent.Valid && (content1 != SlotContent.Valid || header0.Sequence > header1.Sequence))
        {
            durableSlots[page] = 0;
            Take(slot0, header0);
        }
        else if (content1 == SlotContent.Valid)
        {
            durableSlots[page] = 1;
            Take(slot1, header1);
        }
    }

    private bool AreSound(ReadOnlyMemory<byte> window, int firstPage, int pageCount, long windowStart)
    {
        for (int page = firstPage; page < firstPage + pageCount; page++)
        {
            for (int slot = 0; slot < 2; slot++)
            {
                long offset = layout.OffsetOf(page, slot) - layout.OffsetBytes - windowStart;
                if (Inspect(window.Span.Slice((int)offset, BlockHeader.BlockBytes), page, out _) == SlotContent.Invalid)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private SlotContent Inspect(ReadOnlySpan<byte> slot, int page, out MapPageHeader header)
    {
        if (MapPageHeader.TryRead(slot, out header) && header.PairId == pairId && header.Page == page && header.Area == layout.Area)
        {
            return SlotContent.Valid;
        }

        return slot.ContainsAnyExcept((byte)0) ? SlotContent.Invalid : SlotContent.Unwritten;
    }

    private void Take(ReadOnlySpan<byte> slot, MapPageHeader header)
    {
        Span<ulong> words = stackalloc ulong[MapPageHeader.MaximumMaps * GrainMap.WordsPerPage];
        for (int map = 0; map < MapPageHeader.MaximumMaps; map++)
        {
            MapPageHeader.ReadMap(slot, map, Words(words, map));
        }

        fixup?.Invoke(header.Page, header.Epoch, Words(words, 0), Words(words, 1), Words(words, 2), Words(words, 3));
        for (int map = 0; map < maps.Length; map++)
        {
            maps[map].LoadPage(header.Page, Words(words, map));
        }

        NewestSequence = Math.Max(NewestSequence, header.Sequence);
        _loaded++;
    }

    private static Span<ulong> Words(Span<ulong> words, int map) => words.Slice(map * GrainMap.WordsPerPage, GrainMap.WordsPerPage);
}

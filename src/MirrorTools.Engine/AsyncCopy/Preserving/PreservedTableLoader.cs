using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>Reads the table of a preserved area: holes are skipped, the rest is read a window at a time; of each block the newer valid copy counts.</summary>
/// <param name="device">The area's device.</param>
/// <param name="layout">The table's layout.</param>
/// <param name="pairId">The pair.</param>
/// <param name="table">Gets the blocks.</param>
internal sealed class PreservedTableLoader(MetadataDevice device, MapAreaLayout layout, Guid pairId, PreservedTable table)
{
    private const int WindowBytes = 8 * MapAreaLayout.GroupBytes;

    private enum CopyContent
    {
        Unwritten,
        Valid,
        Invalid,
    }

    /// <summary>Reads all blocks that were ever written.</summary>
    /// <exception cref="MetadataCorruptException">Both copies of a block are damaged, or a block is of an era that the header does not know yet.</exception>
    /// <exception cref="IOException">The device failed as a whole; single sectors that can't be read count as damaged copies.</exception>
    public async Task RunAsync()
    {
        byte[] buffer = new byte[Math.Min(WindowBytes, layout.LengthBytes)];
        for (long position = 0; position < layout.LengthBytes;)
        {
            BlockExtent extent = await device.Device.FindExtentAsync(layout.OffsetBytes + position, layout.LengthBytes - position, CancellationToken.None);
            if (extent.Kind != ExtentKind.Data)
            {
                position += extent.LengthBytes;
                continue;
            }

            long windowStart = position / MapAreaLayout.GroupBytes * MapAreaLayout.GroupBytes;
            long end = Math.Min(position + extent.LengthBytes, layout.LengthBytes);
            long groupsBytes = (end - windowStart + MapAreaLayout.GroupBytes - 1) / MapAreaLayout.GroupBytes * MapAreaLayout.GroupBytes;
            Memory<byte> window = buffer.AsMemory(0, (int)Math.Min(groupsBytes, buffer.Length));
            await device.ReadBlocksAsync(layout.OffsetBytes + windowStart, window, content => AreSound(content, windowStart), CancellationToken.None);
            foreach (int block in BlocksIn(windowStart, window.Length))
            {
                LoadBlock(block, window.Span, windowStart);
            }

            position = windowStart + window.Length;
        }
    }

    private IEnumerable<int> BlocksIn(long windowStart, int windowBytes)
    {
        int first = (int)(windowStart / MapAreaLayout.GroupBytes) * MapAreaLayout.PagesPerGroup;
        return Enumerable.Range(first, Math.Min(windowBytes / MapAreaLayout.GroupBytes * MapAreaLayout.PagesPerGroup, layout.PageCount - first));
    }

    private bool AreSound(ReadOnlyMemory<byte> window, long windowStart) =>
        BlocksIn(windowStart, window.Length).All(block =>
            Inspect(CopyOf(window.Span, windowStart, block, 0), block, out _) != CopyContent.Invalid
            && Inspect(CopyOf(window.Span, windowStart, block, 1), block, out _) != CopyContent.Invalid);

    private ReadOnlySpan<byte> CopyOf(ReadOnlySpan<byte> window, long windowStart, int block, int copy) =>
        window.Slice((int)(layout.OffsetOf(block, copy) - layout.OffsetBytes - windowStart), BlockHeader.BlockBytes);

    private void LoadBlock(int block, ReadOnlySpan<byte> window, long windowStart)
    {
        ReadOnlySpan<byte> bytes0 = CopyOf(window, windowStart, block, 0);
        ReadOnlySpan<byte> bytes1 = CopyOf(window, windowStart, block, 1);
        CopyContent content0 = Inspect(bytes0, block, out PreservedTableBlock header0);
        CopyContent content1 = Inspect(bytes1, block, out PreservedTableBlock header1);
        if (content0 == CopyContent.Invalid && content1 == CopyContent.Invalid)
        {
            throw new MetadataCorruptException(
                "preserved area",
                $"Both copies of block {block} of the preserved area's table are damaged: which grains of the kept points its slots hold is unknown, so those points can't be shown or recovered to. Clear the area; the volume itself is not touched by this.");
        }

        // One damaged copy beside one that was never written is the block's first write, cut: the block is empty yet.
        if (content0 == CopyContent.Valid && (content1 != CopyContent.Valid || header0.Sequence > header1.Sequence))
        {
            Take(header0, 0, bytes0);
        }
        else if (content1 == CopyContent.Valid)
        {
            Take(header1, 1, bytes1);
        }
    }

    private void Take(PreservedTableBlock header, byte copy, ReadOnlySpan<byte> bytes)
    {
        if (header.Era > table.Era)
        {
            // A block is written in an era only after the header of that era was durable.
            throw new MetadataCorruptException(
                "preserved area", $"The newest header of the preserved area is lost: the one that is left is of era {table.Era}, and block {header.Block} of the table is of era {header.Era}.");
        }

        table.Load(header, copy, bytes);
    }

    private CopyContent Inspect(ReadOnlySpan<byte> bytes, int block, out PreservedTableBlock header)
    {
        if (PreservedTableBlock.TryRead(bytes, out header) && header.PairId == pairId && header.Block == block)
        {
            return CopyContent.Valid;
        }

        return bytes.ContainsAnyExcept((byte)0) ? CopyContent.Invalid : CopyContent.Unwritten;
    }
}

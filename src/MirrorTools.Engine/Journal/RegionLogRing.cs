using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>What one place of a dirty-region log holds.</summary>
internal sealed class RegionLogRing
{
    private RegionLogRing(Exception? failure) => Failure = failure;

    /// <summary>Why the place can't be used, or null.</summary>
    public Exception? Failure { get; }

    /// <summary>The valid blocks by number.</summary>
    public Dictionary<ulong, (RegionLogBlock Header, byte[] Bytes)> Blocks { get; } = [];

    /// <summary>The newest valid block, or null where there is none.</summary>
    public RegionLogBlock? Newest { get; private set; }

    /// <summary>Reads a place. A device that fails is a result, not an exception: the other place may do.</summary>
    public static async ValueTask<RegionLogRing> ReadAsync(LogPlace place, MetadataIdentity identity, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[RegionLogBlock.RingBlocks * BlockHeader.BlockBytes];
        try
        {
            // What a process that died left in the system's cache can be read, and must be durable before a block is written after it.
            await place.Device.FlushAsync(cancellationToken);
            await place.Device.ReadBlocksAsync(place.OffsetBytes, bytes, AreSound, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException or ObjectDisposedException)
        {
            return new RegionLogRing(e);
        }

        RegionLogRing ring = new(failure: null);
        for (int position = 0; position < RegionLogBlock.RingBlocks; position++)
        {
            byte[] block = bytes[(position * BlockHeader.BlockBytes)..((position + 1) * BlockHeader.BlockBytes)];
            if (RegionLogBlock.TryRead(block, out RegionLogBlock header)
                && header.PairId == identity.PairId
                && header.RegionBytes == identity.RegionBytes
                && header.SlotCount == identity.RegionSlots
                && header.OffsetBytes == position * BlockHeader.BlockBytes)
            {
                ring.Blocks.Add(header.Sequence, (header, block));
                ring.Newest = ring.Newest?.Sequence > header.Sequence ? ring.Newest : header;
            }
        }

        return ring;
    }

    private static bool AreSound(ReadOnlyMemory<byte> ring)
    {
        for (int offset = 0; offset < ring.Length; offset += BlockHeader.BlockBytes)
        {
            ReadOnlyMemory<byte> block = ring.Slice(offset, BlockHeader.BlockBytes);
            if (block.Span.ContainsAnyExcept((byte)0) && !RegionLogBlock.TryRead(block.Span, out _))
            {
                return false;
            }
        }

        return true;
    }
}

using System.Buffers.Binary;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// A block of the dirty-region log: the slots that a transaction changes, and a slice of the whole slot table as it is after them. The slices go
/// round, so that the last <see cref="SliceCount"/> blocks always hold the whole table.
/// <code>
///    0  common header (40 bytes); block n is at position n mod 64 of the ring
///   40  flags (4)       44  region bytes (4)
///   48  slot count (4)  52  number of changes (4)
///   56  0 (8)
///   64  slice: 128 region numbers of 8 bytes, of the slots from (n mod slices) * 128 on; -1 for a free slot
/// 1088  changes: up to 250 of slot (4) and region (8)
/// 4088  0 (8)
/// </code>
/// </summary>
/// <param name="PairId">The pair.</param>
/// <param name="Sequence">The block's number, n.</param>
/// <param name="Flags">What it says of the log as a whole.</param>
/// <param name="RegionBytes">The size of a region.</param>
/// <param name="SlotCount">How many slots the table has.</param>
/// <param name="ChangeCount">How many changes the block holds.</param>
public readonly record struct RegionLogBlock(Guid PairId, ulong Sequence, RegionLogFlags Flags, int RegionBytes, int SlotCount, int ChangeCount)
{
    /// <summary>How many blocks the ring has: four times what a rebuild needs at most.</summary>
    public const int RingBlocks = 64;

    /// <summary>How many slots a slice holds.</summary>
    public const int SlotsPerSlice = 128;

    /// <summary>The most slots a table may have.</summary>
    public const int MaximumSlots = RingBlocks / 4 * SlotsPerSlice;

    /// <summary>The most changes a block holds.</summary>
    public const int MaximumChanges = 250;

    /// <summary>The region number of a free slot.</summary>
    public const long NoRegion = -1;

    private const int FlagsOffset = 40;
    private const int RegionBytesOffset = 44;
    private const int SlotCountOffset = 48;
    private const int ChangeCountOffset = 52;
    private const int SliceOffset = 64;
    private const int ChangesOffset = SliceOffset + (SlotsPerSlice * sizeof(long));
    private const int ChangeBytes = sizeof(int) + sizeof(long);

    /// <summary>How many slices the table has: as many blocks hold all of it.</summary>
    public int SliceCount => (SlotCount + SlotsPerSlice - 1) / SlotsPerSlice;

    /// <summary>The first slot of this block's slice.</summary>
    public int SliceFirst => (int)(Sequence % (ulong)SliceCount) * SlotsPerSlice;

    /// <summary>Where the block is in the ring, in bytes.</summary>
    public long OffsetBytes => OffsetOf(Sequence);

    /// <summary>Where a block is in the ring, in bytes.</summary>
    public static long OffsetOf(ulong sequence) => (long)(sequence % RingBlocks) * BlockHeader.BlockBytes;

    /// <summary>Reads a block's header; false where it is damaged, of an unknown version, or says what can't be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RegionLogBlock block)
    {
        block = default;
        if (!BlockHeader.TryRead(bytes, BlockMagic.RegionLog, out BlockHeader header) || header.Version != BlockHeader.CurrentVersion)
        {
            return false;
        }

        block = new RegionLogBlock(
            header.PairId,
            header.Sequence,
            (RegionLogFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[FlagsOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[RegionBytesOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[SlotCountOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[ChangeCountOffset..]));
        return block.SlotCount is > 0 and <= MaximumSlots && block.ChangeCount is >= 0 and <= MaximumChanges;
    }

    /// <summary>The region in a slot of the slice.</summary>
    public static long ReadSlice(ReadOnlySpan<byte> bytes, int index) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes[(SliceOffset + (index * sizeof(long)))..]);

    /// <summary>A change: which slot holds which region from now on.</summary>
    public static (int Slot, long Region) ReadChange(ReadOnlySpan<byte> bytes, int index)
    {
        ReadOnlySpan<byte> change = bytes.Slice(ChangesOffset + (index * ChangeBytes), ChangeBytes);
        return (BinaryPrimitives.ReadInt32LittleEndian(change), BinaryPrimitives.ReadInt64LittleEndian(change[sizeof(int)..]));
    }

    /// <summary>Writes the block.</summary>
    /// <param name="bytes">4 KiB.</param>
    /// <param name="table">The region of every slot, after the changes.</param>
    /// <param name="changedSlots">The slots that change: <see cref="ChangeCount"/> of them.</param>
    public void Write(Span<byte> bytes, ReadOnlySpan<long> table, ReadOnlySpan<int> changedSlots)
    {
        bytes.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[FlagsOffset..], (uint)Flags);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[RegionBytesOffset..], RegionBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[SlotCountOffset..], SlotCount);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[ChangeCountOffset..], ChangeCount);
        for (int index = 0; index < SlotsPerSlice; index++)
        {
            int slot = SliceFirst + index;
            BinaryPrimitives.WriteInt64LittleEndian(bytes[(SliceOffset + (index * sizeof(long)))..], slot < SlotCount ? table[slot] : NoRegion);
        }

        for (int index = 0; index < ChangeCount; index++)
        {
            Span<byte> change = bytes.Slice(ChangesOffset + (index * ChangeBytes), ChangeBytes);
            BinaryPrimitives.WriteInt32LittleEndian(change, changedSlots[index]);
            BinaryPrimitives.WriteInt64LittleEndian(change[sizeof(int)..], table[changedSlots[index]]);
        }

        new BlockHeader(BlockMagic.RegionLog, BlockHeader.CurrentVersion, PairId, Sequence).Seal(bytes);
    }
}

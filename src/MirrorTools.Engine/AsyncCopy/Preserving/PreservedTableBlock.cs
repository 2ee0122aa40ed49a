using System.Buffers.Binary;
using MirrorTools.Engine.Journal;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// A block of the table of a preserved area. The bytes, little-endian:
/// <code>
///   0  common header (40 bytes)
///  40  era (8)
///  48  block number (4)             52  0 (12)
///  64  252 entries of 16 bytes, see <see cref="PreservedEntry"/>
/// </code>
/// </summary>
/// <param name="PairId">The pair.</param>
/// <param name="Sequence">Of two copies the higher one is newer.</param>
/// <param name="Era">The era of the area in which it was written; in a later one all its entries are free.</param>
/// <param name="Block">The block's number: one that went astray shows.</param>
internal readonly record struct PreservedTableBlock(Guid PairId, ulong Sequence, ulong Era, int Block)
{
    /// <summary>How many slots a block speaks of.</summary>
    public const int EntriesPerBlock = (BlockHeader.BlockBytes - EntriesOffset) / PreservedEntry.SizeBytes;

    private const int EraOffset = 40;
    private const int BlockOffset = 48;
    private const int EntriesOffset = 64;

    /// <summary>Reads a block's header; false where the block is damaged, or of a version this program does not know.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PreservedTableBlock block)
    {
        block = default;
        if (!BlockHeader.TryRead(bytes, BlockMagic.PreservedTable, out BlockHeader header) || header.Version != BlockHeader.CurrentVersion)
        {
            return false;
        }

        block = new PreservedTableBlock(
            header.PairId,
            header.Sequence,
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[EraOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[BlockOffset..]));
        return true;
    }

    /// <summary>Reads one entry.</summary>
    public static PreservedEntry ReadEntry(ReadOnlySpan<byte> bytes, int index) =>
        PreservedEntry.Read(bytes.Slice(EntriesOffset + (index * PreservedEntry.SizeBytes), PreservedEntry.SizeBytes));

    /// <summary>Writes the block.</summary>
    /// <param name="bytes">4 KiB, overwritten.</param>
    /// <param name="entries">Its entries, or empty where all are free.</param>
    public void Write(Span<byte> bytes, ReadOnlySpan<PreservedEntry> entries)
    {
        bytes.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[EraOffset..], Era);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[BlockOffset..], Block);
        for (int index = 0; index < entries.Length; index++)
        {
            entries[index].Write(bytes[(EntriesOffset + (index * PreservedEntry.SizeBytes))..]);
        }

        new BlockHeader(BlockMagic.PreservedTable, BlockHeader.CurrentVersion, PairId, Sequence).Seal(bytes);
    }
}

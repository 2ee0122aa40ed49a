using System.Buffers.Binary;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// What every block on disk begins with. These 40 bytes stay as they are in every version, so that an older program can tell a newer block from a broken one.
/// <code>
///  0               8       12      16                              32              40
/// +---------------+-------+-------+-------------------------------+---------------+
/// | magic (ASCII) |version|crc-32c| pair id (big-endian)          | sequence      |
/// +---------------+-------+-------+-------------------------------+---------------+
/// </code>
/// Little-endian but for the pair id. The checksum covers the whole block with its own field left out.
/// </summary>
/// <param name="Magic">The kind of block; see <see cref="BlockMagic"/>.</param>
/// <param name="Version">The format's version; this program writes <see cref="CurrentVersion"/>.</param>
/// <param name="PairId">The pair the block belongs to.</param>
/// <param name="Sequence">Grows with every write of the kind; of two copies the higher one is newer.</param>
public readonly record struct BlockHeader(ulong Magic, uint Version, Guid PairId, ulong Sequence)
{
    /// <summary>The size of the header, in bytes.</summary>
    public const int SizeBytes = 40;

    /// <summary>The size and alignment of a block, in bytes.</summary>
    public const int BlockBytes = 4096;

    /// <summary>The version this program writes, and the newest it reads.</summary>
    public const uint CurrentVersion = 1;

    private const int VersionOffset = 8;
    private const int ChecksumOffset = 12;
    private const int PairIdOffset = 16;
    private const int SequenceOffset = 32;

    /// <summary>Reads a header; false where magic or checksum do not match. The version and the identity are the caller's to judge.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, ulong magic, out BlockHeader header)
    {
        header = default;
        if (block.Length < SizeBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(block) != magic
            || BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumOffset..]) != Checksum(block))
        {
            return false;
        }

        header = new BlockHeader(
            magic,
            BinaryPrimitives.ReadUInt32LittleEndian(block[VersionOffset..]),
            new Guid(block.Slice(PairIdOffset, 16), bigEndian: true),
            BinaryPrimitives.ReadUInt64LittleEndian(block[SequenceOffset..]));
        return true;
    }

    /// <summary>Writes the header and the checksum over <paramref name="block"/>, the rest of which is already in place.</summary>
    public void Seal(Span<byte> block)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[VersionOffset..], Version);
        PairId.TryWriteBytes(block[PairIdOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(block[SequenceOffset..], Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(block[ChecksumOffset..], Checksum(block));
    }

    private static uint Checksum(ReadOnlySpan<byte> block) =>
        Crc32C.Finish(Crc32C.Append(Crc32C.Append(Crc32C.Initial, block[..ChecksumOffset]), block[PairIdOffset..]));
}

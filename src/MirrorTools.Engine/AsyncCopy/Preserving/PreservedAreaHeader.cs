using System.Buffers.Binary;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>
/// The first block of a preserved area: whose it is, how it is cut, and its era. Two copies 64 KiB apart. The bytes, little-endian:
/// <code>
///   0  common header (40 bytes)
///  40  compatible features (8)      48  incompatible features (8)
///  56  volume length in bytes (8)
///  64  grain bytes (4)              68  0 (4)
///  72  slot count (8)
///  80  era (8)
///  88  0 up to 4096: room to grow
/// </code>
/// </summary>
/// <param name="PairId">The pair.</param>
/// <param name="Geometry">The volume whose grains are preserved.</param>
/// <param name="SlotCount">How many slots the area has.</param>
/// <param name="Era">Grows where the area is emptied at one stroke: what the table says in another era does not count.</param>
/// <param name="Sequence">Of two copies the higher one is newer.</param>
/// <param name="CompatibleFeatures">Features that an older program may ignore.</param>
internal readonly record struct PreservedAreaHeader(
    Guid PairId, GrainGeometry Geometry, long SlotCount, ulong Era, ulong Sequence, ulong CompatibleFeatures = 0)
{
    private const int CompatibleOffset = 40;
    private const int IncompatibleOffset = 48;
    private const int LengthOffset = 56;
    private const int GrainOffset = 64;
    private const int SlotsOffset = 72;
    private const int EraOffset = 80;

    /// <summary>Reads a header; false where it is none, is damaged, or says what can't be.</summary>
    /// <exception cref="MetadataVersionException">It is whole, and of a format or with features that this program does not know.</exception>
    public static bool TryRead(ReadOnlySpan<byte> block, out PreservedAreaHeader header)
    {
        header = default;
        if (!BlockHeader.TryRead(block, BlockMagic.PreservedArea, out BlockHeader common))
        {
            return false;
        }

        ulong incompatible = BinaryPrimitives.ReadUInt64LittleEndian(block[IncompatibleOffset..]);
        if (common.Version != BlockHeader.CurrentVersion || incompatible != 0)
        {
            throw new MetadataVersionException(
                $"The preserved area has format version {common.Version} and needs features 0x{incompatible:X}; this program reads version {BlockHeader.CurrentVersion} without any. Open it with the program that wrote it, or a newer one.");
        }

        long lengthBytes = BinaryPrimitives.ReadInt64LittleEndian(block[LengthOffset..]);
        int grainBytes = BinaryPrimitives.ReadInt32LittleEndian(block[GrainOffset..]);
        long slotCount = BinaryPrimitives.ReadInt64LittleEndian(block[SlotsOffset..]);
        if (GrainGeometry.Validate(lengthBytes, grainBytes) is not null || slotCount is <= 0 or > PreservedAreaLayout.MaximumSlots)
        {
            return false;
        }

        header = new PreservedAreaHeader(
            common.PairId,
            new GrainGeometry(lengthBytes, grainBytes),
            slotCount,
            BinaryPrimitives.ReadUInt64LittleEndian(block[EraOffset..]),
            common.Sequence,
            BinaryPrimitives.ReadUInt64LittleEndian(block[CompatibleOffset..]));
        return true;
    }

    /// <summary>Writes the header over a block of 4 KiB.</summary>
    public void Write(Span<byte> block)
    {
        block[..BlockHeader.BlockBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block[CompatibleOffset..], CompatibleFeatures);
        BinaryPrimitives.WriteInt64LittleEndian(block[LengthOffset..], Geometry.LengthBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block[GrainOffset..], Geometry.GrainBytes);
        BinaryPrimitives.WriteInt64LittleEndian(block[SlotsOffset..], SlotCount);
        BinaryPrimitives.WriteUInt64LittleEndian(block[EraOffset..], Era);
        new BlockHeader(BlockMagic.PreservedArea, BlockHeader.CurrentVersion, PairId, Sequence).Seal(block[..BlockHeader.BlockBytes]);
    }
}

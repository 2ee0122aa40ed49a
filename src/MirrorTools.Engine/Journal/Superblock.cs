using System.Buffers.Binary;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// The first block of a metadata file: whose it is and how it is cut. Written at creation, two copies 64 KiB apart.
/// <code>
///   0  common header (40 bytes)
///  40  compatible features (8)      48  incompatible features (8)
///  56  volume id (16, big-endian)
///  72  volume length in bytes (8)
///  80  grain bytes (4)              84  region bytes (4)
///  88  region slots (4)             92  0 (4)
///  96  metadata file length (8)
/// 104  0 up to 4096: room to grow
/// </code>
/// </summary>
/// <param name="Identity">Identity and shape.</param>
/// <param name="FileLengthBytes">How long the metadata file is at least.</param>
/// <param name="Sequence">Of two copies the higher one is newer.</param>
public readonly record struct Superblock(MetadataIdentity Identity, long FileLengthBytes, ulong Sequence)
{
    private const int CompatibleOffset = 40;
    private const int IncompatibleOffset = 48;
    private const int VolumeIdOffset = 56;
    private const int LengthOffset = 72;
    private const int GrainOffset = 80;
    private const int RegionOffset = 84;
    private const int SlotsOffset = 88;
    private const int FileLengthOffset = 96;

    /// <summary>Reads a superblock; false where it is none, is damaged, or says what can't be.</summary>
    /// <exception cref="MetadataVersionException">It is whole, and of a format or with features that this program does not know.</exception>
    public static bool TryRead(ReadOnlySpan<byte> block, out Superblock superblock)
    {
        superblock = default;
        if (!BlockHeader.TryRead(block, BlockMagic.Superblock, out BlockHeader header))
        {
            return false;
        }

        if (header.Version != BlockHeader.CurrentVersion)
        {
            throw new MetadataVersionException(
                $"The metadata file has format version {header.Version}; this program reads version {BlockHeader.CurrentVersion}. Open it with the program that wrote it, or a newer one.");
        }

        ulong incompatible = BinaryPrimitives.ReadUInt64LittleEndian(block[IncompatibleOffset..]);
        if ((incompatible & ~MetadataIdentity.KnownIncompatibleFeatures) != 0)
        {
            throw new MetadataVersionException(
                $"The metadata file needs features 0x{incompatible & ~MetadataIdentity.KnownIncompatibleFeatures:X} that this program does not know. Open it with the program that wrote it, or a newer one.");
        }

        long lengthBytes = BinaryPrimitives.ReadInt64LittleEndian(block[LengthOffset..]);
        int grainBytes = BinaryPrimitives.ReadInt32LittleEndian(block[GrainOffset..]);
        if (GrainGeometry.Validate(lengthBytes, grainBytes) is not null)
        {
            return false;
        }

        MetadataIdentity identity = new(
            header.PairId,
            new Guid(block.Slice(VolumeIdOffset, 16), bigEndian: true),
            new GrainGeometry(lengthBytes, grainBytes),
            BinaryPrimitives.ReadInt32LittleEndian(block[RegionOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[SlotsOffset..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[CompatibleOffset..]),
            incompatible);
        superblock = new Superblock(identity, BinaryPrimitives.ReadInt64LittleEndian(block[FileLengthOffset..]), header.Sequence);
        return identity.Validate() is null && superblock.FileLengthBytes == MetadataLayout.For(identity.Geometry).LengthBytes;
    }

    /// <summary>Writes the superblock over a block of 4 KiB.</summary>
    public void Write(Span<byte> block)
    {
        block[..BlockHeader.BlockBytes].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block[CompatibleOffset..], Identity.CompatibleFeatures);
        BinaryPrimitives.WriteUInt64LittleEndian(block[IncompatibleOffset..], Identity.IncompatibleFeatures);
        Identity.VolumeId.TryWriteBytes(block[VolumeIdOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(block[LengthOffset..], Identity.Geometry.LengthBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block[GrainOffset..], Identity.Geometry.GrainBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block[RegionOffset..], Identity.RegionBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block[SlotsOffset..], Identity.RegionSlots);
        BinaryPrimitives.WriteInt64LittleEndian(block[FileLengthOffset..], FileLengthBytes);
        new BlockHeader(BlockMagic.Superblock, BlockHeader.CurrentVersion, Identity.PairId, Sequence).Seal(block[..BlockHeader.BlockBytes]);
    }
}

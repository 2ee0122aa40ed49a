using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

/// <summary>The bytes of each block as docs/formats shows them. A change here is a change of format: it needs a version or a feature bit.</summary>
public sealed class GoldenBytesTests
{
    private static readonly Guid s_pairId = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid s_volumeId = new("f0e1d2c3-b4a5-9687-7869-5a4b3c2d1e0f");

    [Fact]
    public void A_superblock_is_these_bytes()
    {
        MetadataIdentity identity = new(s_pairId, s_volumeId, new GrainGeometry((1L << 30) + 512, 65536), 1 << 20, 1024, 5, 0);
        Superblock superblock = new(identity, MetadataStore.RequiredLengthBytes(identity.Geometry), 7);
        byte[] block = new byte[4096];
        Array.Fill(block, (byte)0xEE);
        superblock.Write(block);
        BlockBytes.Check(
            block,
            (0, "4D544D4952524F52 01000000 ???????? 00112233445566778899AABBCCDDEEFF 0700000000000000"),
            (40, "0500000000000000 0000000000000000 F0E1D2C3B4A5968778695A4B3C2D1E0F 0002004000000000"),
            (80, "00000100 00001000 00040000 00000000 00000C0000000000"));
        Assert.True(Superblock.TryRead(block, out Superblock read));
        Assert.Equal(superblock, read);
    }

    [Fact]
    public async Task A_state_record_is_these_bytes()
    {
        MetadataIdentity identity = MetadataIdentity.For(s_pairId, s_volumeId, new GrainGeometry(1 << 20, 4096));
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(identity.Geometry), new PowerSwitch());
        MetadataStore store = await MetadataStore.CreateAsync(disk, identity, default);
        await store.State.WriteAsync("mirror"u8.ToArray(), default);
        Assert.Equal(3UL, store.State.Sequence);
        BlockBytes.Check(
            disk.Visible.Slice(128 * 1024, 4096).ToArray(),
            (0, "4D545245434F5244 01000000 ???????? 00112233445566778899AABBCCDDEEFF 0300000000000000"),
            (40, "06000000"),
            (64, "6D6972726F72"));
    }

    [Fact]
    public async Task A_page_of_grain_maps_is_these_bytes()
    {
        MetadataIdentity identity = MetadataIdentity.For(s_pairId, s_volumeId, new GrainGeometry(20L * GrainMap.GrainsPerPage * 4096, 4096));
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(identity.Geometry), new PowerSwitch());
        MetadataStore store = await MetadataStore.CreateAsync(disk, identity, default);
        GrainMap copied = new(identity.Geometry.GrainCount, initialValue: false);
        GrainMap future = new(identity.Geometry.GrainCount, initialValue: false);
        const long first = 17L * GrainMap.GrainsPerPage;
        copied.SetRange(new GrainRange(first, 13));
        copied.Set(first + GrainMap.GrainsPerPage - 1);
        future.Set(first + 64);
        await store.TargetMaps.WritePagesAsync([17], [copied, future], 0x1234, default);

        // Page 17 is the second of the second group of the target's maps, which follow two groups of the source's.
        const int slot0 = (512 * 1024) + (2 * 128 * 1024) + (128 * 1024) + 4096;
        BlockBytes.Check(
            disk.Visible.Slice(slot0, 4096).ToArray(),
            (0, "4D54475241494E53 01000000 ???????? 00112233445566778899AABBCCDDEEFF 0100000000000000"),
            (40, "3412000000000000 11000000 01 02"),
            (64, "FF1F000000000000"),
            (64 + 1000, "0000000000000080"),
            (1072 + 8, "0100000000000000"));

        await store.FlushAsync(default);
        await store.TargetMaps.WritePagesAsync([17], [copied, future], 0x1235, default);
        BlockBytes.Check(
            disk.Visible.Slice(slot0 + (64 * 1024), 4096).ToArray(),
            (0, "4D54475241494E53 01000000 ???????? 00112233445566778899AABBCCDDEEFF 0200000000000000"),
            (40, "3512000000000000 11000000 01 02"),
            (64, "FF1F000000000000"),
            (64 + 1000, "0000000000000080"),
            (1072 + 8, "0100000000000000"));
    }

    [Fact]
    public void A_block_of_the_dirty_region_log_is_these_bytes()
    {
        long[] table = [.. Enumerable.Range(0, 300).Select(slot => slot < 4 ? 0x100 + slot : -1L)];
        table[299] = 0x77;
        RegionLogBlock written = new(s_pairId, 5, RegionLogFlags.BothPlaces | RegionLogFlags.Reset, 1 << 20, 300, 2);
        byte[] block = new byte[4096];
        Array.Fill(block, (byte)0xEE);
        written.Write(block, table, [2, 299]);

        // Block 5 holds slice 5 mod 3 = 2: slots 256 to 299, and beyond the table -1.
        Assert.Equal(256, written.SliceFirst);
        BlockBytes.Check(
            block,
            (0, "4D54524547494F4E 01000000 ???????? 00112233445566778899AABBCCDDEEFF 0500000000000000"),
            (40, "07000000 00001000 2C010000 02000000"),
            (64, string.Concat(Enumerable.Repeat("FF", 43 * 8)) + "7700000000000000" + string.Concat(Enumerable.Repeat("FF", 84 * 8))),
            (1088, "02000000 0201000000000000 2B010000 7700000000000000"));
        Assert.True(RegionLogBlock.TryRead(block, out RegionLogBlock read));
        Assert.Equal(written, read);
    }

    [Fact]
    public void Any_changed_byte_is_noticed()
    {
        byte[] block = new byte[4096];
        new Superblock(MetadataIdentity.For(s_pairId, s_volumeId, new GrainGeometry(1 << 20, 4096)), 786432, 1).Write(block);
        Assert.True(Superblock.TryRead(block, out _));
        for (int at = 0; at < block.Length; at++)
        {
            block[at] ^= 0x10;
            Assert.False(Superblock.TryRead(block, out _));
            block[at] ^= 0x10;
        }
    }
}

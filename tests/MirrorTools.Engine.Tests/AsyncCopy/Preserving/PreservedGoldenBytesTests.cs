using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Tests.Journal;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

/// <summary>The bytes of each block as docs/formats/preserved-area.md shows them. A change here is a change of format: it needs a version or a feature bit.</summary>
public sealed class PreservedGoldenBytesTests
{
    [Fact]
    public void A_header_is_these_bytes()
    {
        PreservedAreaHeader header = new(AreaBed.PairId, new GrainGeometry((1L << 30) + 512, 65536), 0x12345, 9, 7, 5);
        byte[] block = new byte[4096];
        Array.Fill(block, (byte)0xEE);
        header.Write(block);
        BlockBytes.Check(
            block,
            (0, "4D54505245535256 01000000 ???????? 00112233445566778899AABBCCDDEEFF 0700000000000000"),
            (40, "0500000000000000 0000000000000000 0002004000000000 00000100 00000000"),
            (72, "4523010000000000 0900000000000000"));
        Assert.True(PreservedAreaHeader.TryRead(block, out PreservedAreaHeader read));
        Assert.Equal(header, read);
    }

    [Fact]
    public void A_table_block_is_these_bytes()
    {
        PreservedEntry[] entries = new PreservedEntry[PreservedTableBlock.EntriesPerBlock];
        Assert.Equal(252, entries.Length);
        entries[0] = PreservedEntry.For(0x11, 0);
        entries[2] = PreservedEntry.For(0x12, 0x300000000).AsZeros();
        entries[251] = PreservedEntry.For(0x13, 0xFF);
        PreservedTableBlock written = new(AreaBed.PairId, 7, 9, 0x21);
        byte[] block = new byte[4096];
        Array.Fill(block, (byte)0xEE);
        written.Write(block, entries);
        BlockBytes.Check(
            block,
            (0, "4D54505245544142 01000000 ???????? 00112233445566778899AABBCCDDEEFF 0700000000000000"),
            (40, "0900000000000000 21000000"),
            (64, "1100000000000000 0100000000000000"),
            (96, "1200000000000000 0100000003000080"),
            (4080, "1300000000000000 0001000000000000"));
        Assert.True(PreservedTableBlock.TryRead(block, out PreservedTableBlock read));
        Assert.Equal(written, read);
        Assert.Equal(entries[2], PreservedTableBlock.ReadEntry(block, 2));
        Assert.Equal((0x300000000, true, false), (entries[2].Grain, entries[2].IsZeros, entries[2].IsFree));
    }

    [Fact]
    public async Task An_area_is_laid_out_so()
    {
        AreaBed bed = await AreaBed.CreateAsync(slotCount: 300, grainCount: 300, layers: 3);
        bed.Stamp(1, 0xAB);
        await bed.PreserveAsync([.. Enumerable.Range(0, 253).Select(grain => (long)grain)]);
        Span<byte> disk = bed.Disk.Visible;
        Assert.Equal("MTPRESRV"u8, disk[..8]);
        Assert.Equal("MTPRESRV"u8, disk.Slice(64 * 1024, 8));
        Assert.Equal("MTPRETAB"u8, disk.Slice(128 * 1024, 8));
        Assert.Equal("MTPRETAB"u8, disk.Slice(132 * 1024, 8));
        Assert.Equal(0, disk[192 * 1024]);
        Assert.Equal((256 * 1024) + (300 * 4096), disk.Length);
        Assert.Equal(0xAB, disk[(256 * 1024) + 4096]);
    }
}

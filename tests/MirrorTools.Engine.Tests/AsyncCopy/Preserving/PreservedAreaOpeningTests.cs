using System.Buffers.Binary;
using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy.Preserving;

public sealed class PreservedAreaOpeningTests
{
    private const int TableBytes = 128 * 1024;
    private const int CopyBytes = 64 * 1024;

    [Fact]
    public async Task A_device_full_of_garbage_is_no_area_until_one_is_created_over_it()
    {
        AreaBed bed = new();
        byte[] garbage = new byte[bed.Disk.Geometry.LengthBytes];
        new Random(5).NextBytes(garbage);
        bed.Disk.Overwrite(0, garbage);
        await AssertCorruptAsync(bed, "preserved area", 1);
        await PreservedArea.CreateAsync(bed.Disk, AreaBed.PairId, bed.Geometry);
        await bed.OpenAsync(1);
        Assert.Equal(40, bed.Area.FreeSlots);
        bed.Stamp(1, 11);
        await bed.PreserveAsync(1, 2);
        await bed.OpenAsync(1);
        Assert.Equal((11, 0, -1), (await bed.ShownAsync(1, 1), await bed.ShownAsync(1, 2), await bed.ShownAsync(1, 3)));
    }

    [Fact]
    public async Task An_area_of_another_pair_or_volume_or_a_shortened_one_is_refused()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        await Assert.ThrowsAsync<MetadataCorruptException>(() => PreservedArea.OpenAsync(bed.Disk, Guid.Empty, bed.Geometry, [1]));
        await Assert.ThrowsAsync<MetadataCorruptException>(
            () => PreservedArea.OpenAsync(bed.Disk, AreaBed.PairId, new GrainGeometry(bed.Geometry.LengthBytes, 2 * AreaBed.GrainBytes), [1]));
        Journal.CutDisk cut = new(bed.Disk.Geometry.LengthBytes - AreaBed.GrainBytes, bed.Power);
        cut.Overwrite(0, bed.Disk.Visible[..(int)cut.Geometry.LengthBytes]);
        await Assert.ThrowsAsync<MetadataCorruptException>(() => PreservedArea.OpenAsync(cut, AreaBed.PairId, bed.Geometry, [1]));
        await Assert.ThrowsAsync<ArgumentException>(() => PreservedArea.CreateAsync(new Journal.CutDisk(CopyBytes, bed.Power), AreaBed.PairId, bed.Geometry));
    }

    [Theory]
    [InlineData(8, 2)]
    [InlineData(48, 1)]
    public async Task An_area_of_a_newer_program_is_refused_and_left_as_it_is(int offset, byte value)
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        for (int copy = 0; copy < 2; copy++)
        {
            byte[] block = bed.Disk.Visible.Slice(copy * CopyBytes, 4096).ToArray();
            block[offset] = value;
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(12), Crc32C.Compute([.. block[..12], .. block[16..]]));
            bed.Disk.Overwrite(copy * CopyBytes, block);
        }

        byte[] before = bed.Disk.Visible.ToArray();
        await Assert.ThrowsAsync<MetadataVersionException>(() => bed.OpenAsync(1));
        Assert.True(bed.Disk.Visible.SequenceEqual(before));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task One_damaged_header_is_written_anew_from_the_other(int copy)
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Disk.Spoil((copy * CopyBytes) + 80);
        await bed.OpenAsync(1);
        bed.Disk.Spoil(((1 - copy) * CopyBytes) + 80);
        await bed.OpenAsync(1);
        bed.Disk.Spoil(80);
        bed.Disk.Spoil(CopyBytes + 80);
        await AssertCorruptAsync(bed, "preserved area", 1);
    }

    [Fact]
    [Rule("A-10")]
    public async Task A_table_block_with_both_copies_damaged_is_reported()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Stamp(1, 11);
        await bed.PreserveAsync(1);
        await bed.PreserveAsync(2);

        // The second batch went into copy 1; without it the area is what it was before, as after a cut write.
        bed.Disk.Spoil(TableBytes + CopyBytes + 100);
        await bed.OpenAsync(1);
        Assert.Equal((11, -1), (await bed.ShownAsync(1, 1), await bed.ShownAsync(1, 2)));
        bed.Disk.Spoil(TableBytes + 100);
        MetadataCorruptException corrupt = await AssertCorruptAsync(bed, "preserved area", 1);
        Assert.Contains("which grains of the kept points its slots hold is unknown", corrupt.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Rule("A-10")]
    public async Task A_list_of_layers_that_is_older_than_the_area_is_refused()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        bed.Area.BeginLayer(2);
        await bed.OpenAsync(1);
        bed.Area.BeginLayer(2);
        await bed.PreserveAsync(1);
        await AssertCorruptAsync(bed, "state record", 1);
        await bed.OpenAsync(2);
        Assert.Equal(39, bed.Area.FreeSlots);
    }

    [Fact]
    [Rule("A-10")]
    public async Task Without_layers_everything_is_free_and_no_old_label_serves_again()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 5);
        bed.Stamp(1, 11);
        await bed.PreserveAsync(1, 2);
        await bed.OpenAsync();
        Assert.Equal(40, bed.Area.FreeSlots);
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.PreserveAsync(3));
        Assert.Throws<ArgumentException>(() => bed.Area.BeginLayer(5));
        bed.Area.BeginLayer(6);
        await bed.PreserveAsync(3);
        await bed.OpenAsync(6);
        Assert.Equal((39, -1), (bed.Area.FreeSlots, await bed.ShownAsync(6, 1)));
        await bed.Area.ClearAsync();
        bed.Area.BeginLayer(1);
        await bed.PreserveAsync(3);
        await bed.OpenAsync(1);
        Assert.Equal(39, bed.Area.FreeSlots);
    }

    [Fact]
    public async Task A_table_newer_than_the_header_is_reported()
    {
        AreaBed bed = await AreaBed.CreateAsync(layers: 1);
        byte[] old = bed.Disk.Visible[..(2 * CopyBytes)].ToArray();
        await bed.Area.ClearAsync();
        bed.Area.BeginLayer(2);
        await bed.PreserveAsync(1);
        bed.Disk.Overwrite(0, old);
        await AssertCorruptAsync(bed, "preserved area", 1, 2);
    }

    private static async Task<MetadataCorruptException> AssertCorruptAsync(AreaBed bed, string part, params ulong[] layers)
    {
        MetadataCorruptException corrupt = await Assert.ThrowsAsync<MetadataCorruptException>(() => bed.OpenAsync(layers));
        Assert.Equal(part, corrupt.Part);
        return corrupt;
    }
}

using System.Buffers.Binary;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Journal;

public sealed class MetadataStoreTests
{
    private const int SecondCopy = 64 * 1024;

    private static readonly MetadataIdentity s_identity =
        MetadataIdentity.For(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), new Guid(5, 6, 7, new byte[8]), new GrainGeometry((20L * GrainMap.GrainsPerPage * 4096) + 512, 4096));

    [Fact]
    public async Task What_was_created_is_opened()
    {
        (CutDisk disk, MetadataStore store) = await CreateAsync();
        Assert.Equal(s_identity, store.Identity);
        MetadataStore opened = await MetadataStore.OpenAsync(disk, default);
        Assert.Equal(s_identity, opened.Identity);
        Assert.True(opened.State.Current.IsEmpty);
        MapLoadResult maps = await opened.SourceMaps.LoadAsync(NewMaps(4), null, default);
        Assert.Equal((0, 0, 0, 0), (maps.LoadedPages, maps.CorruptPages.Count, maps.HalfPages.Count, maps.UnsettledPages.Count));
    }

    [Fact]
    [Rule("P-2")]
    public async Task A_creation_that_is_cut_leaves_a_file_that_is_whole_or_refused()
    {
        int refused = 0;
        int whole = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            Random random = new(seed);
            PowerSwitch power = new();
            CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), power);
            disk.Overwrite(random.Next(2) * SecondCopy, OldSuperblock());
            power.CutAfter(random.Next(12));
            Task<MetadataStore> creation = MetadataStore.CreateAsync(disk, s_identity, default);
            power.TurnOn();
            disk.LosePower(random);
            try
            {
                MetadataStore opened = await MetadataStore.OpenAsync(disk, default);
                Assert.Equal(s_identity, opened.Identity);
                whole++;
            }
            catch (MetadataCorruptException)
            {
                Assert.False(creation.IsCompletedSuccessfully, $"seed {seed}");
                refused++;
            }
        }

        Assert.True(whole > 50 && refused > 50, $"The seeds try too little: {whole}, {refused}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SecondCopy)]
    public async Task One_superblock_is_enough_and_the_other_is_rewritten(int spoilt)
    {
        (CutDisk disk, _) = await CreateAsync();
        byte[] before = disk.Visible.ToArray();
        disk.Spoil(spoilt + 300);
        await MetadataStore.OpenAsync(disk, default);
        Assert.Equal(before, disk.Visible.ToArray());
    }

    [Fact]
    public async Task Without_a_valid_superblock_the_file_is_refused_by_name()
    {
        (CutDisk disk, _) = await CreateAsync();
        disk.Spoil(0);
        disk.Spoil(SecondCopy);
        Assert.Equal("superblock", (await Assert.ThrowsAsync<MetadataCorruptException>(() => MetadataStore.OpenAsync(disk, default))).Part);
        Assert.Equal("superblock", (await Assert.ThrowsAsync<MetadataCorruptException>(() => MetadataStore.OpenAsync(new CutDisk(4096, new PowerSwitch()), default))).Part);
    }

    [Theory]
    [InlineData(8, 2u)]
    [InlineData(48, 0x10u)]
    public async Task A_newer_format_or_an_unknown_feature_is_refused_and_nothing_is_changed(int offset, uint value)
    {
        (CutDisk disk, _) = await CreateAsync();
        byte[] block = disk.Visible[..4096].ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(offset), value);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(8));
        new BlockHeader(BlockMagic.Superblock, version, s_identity.PairId, 9).Seal(block);
        disk.Overwrite(0, block);
        disk.Overwrite(SecondCopy, block);
        byte[] before = disk.Visible.ToArray();
        MetadataVersionException refused = await Assert.ThrowsAsync<MetadataVersionException>(() => MetadataStore.OpenAsync(disk, default));
        Assert.Contains(offset == 8 ? "version 2" : "0x10", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, disk.Visible.ToArray());
    }

    [Fact]
    public async Task A_file_that_was_cut_short_is_refused_by_name()
    {
        (CutDisk disk, _) = await CreateAsync();
        CutDisk shorter = new(disk.Geometry.LengthBytes - 4096, new PowerSwitch());
        shorter.Overwrite(0, disk.Visible[..(int)shorter.Geometry.LengthBytes]);
        MetadataCorruptException refused = await Assert.ThrowsAsync<MetadataCorruptException>(() => MetadataStore.OpenAsync(shorter, default));
        Assert.Contains("cut short", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_identity_that_can_not_be_and_a_device_too_small_are_refused_before_anything_is_written()
    {
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry) - 4096, new PowerSwitch());
        await Assert.ThrowsAsync<ArgumentException>(() => MetadataStore.CreateAsync(disk, s_identity, default));
        await Assert.ThrowsAsync<ArgumentException>(() => MetadataStore.CreateAsync(disk, s_identity with { RegionBytes = 1000 }, default));
        await Assert.ThrowsAsync<ArgumentException>(() => MetadataStore.CreateAsync(disk, s_identity with { RegionSlots = 5000 }, default));
        Assert.Equal(0, disk.Writes);
    }

    [Fact]
    [Rule("F-18")]
    public async Task Pages_with_a_decayed_slot_are_reported_as_what_they_are()
    {
        (CutDisk disk, MetadataStore store) = await CreateAsync();
        GrainMap[] maps = NewMaps(2);
        maps[0].SetRange(new GrainRange(0, s_identity.Geometry.GrainCount));
        await store.SourceMaps.WritePagesAsync([.. Enumerable.Range(0, 21)], maps, 1, default);
        await store.FlushAsync(default);
        await store.SourceMaps.WritePagesAsync([1, 2, 3], maps, 2, default);
        await store.FlushAsync(default);
        disk.Spoil(SlotOffset(0, 0));
        disk.Spoil(SlotOffset(1, 1) + 2000);
        disk.Spoil(SlotOffset(2, 0) + 4095);
        disk.Spoil(SlotOffset(3, 0) + 100);
        disk.Spoil(SlotOffset(3, 1) + 100);

        GrainMap[] loaded = NewMaps(2);
        Dictionary<int, ulong> epochs = [];
        MetadataStore opened = await MetadataStore.OpenAsync(disk, default);
        MapLoadResult result = await opened.SourceMaps.LoadAsync(loaded, (page, epoch, _, _, _, _) => epochs.Add(page, epoch), default);
        Assert.Equal([3], result.CorruptPages);
        Assert.Equal([1, 2], result.HalfPages);
        Assert.Equal([0], result.UnsettledPages);
        Assert.Equal(19, result.LoadedPages);
        Assert.Equal((1UL, 2UL), (epochs[1], epochs[2]));
        Assert.Equal(0, loaded[0].CountSet(loaded[0].GrainsOf(3)));
        Assert.True(loaded[0].AllSet(loaded[0].GrainsOf(1)));
    }

    [Fact]
    public async Task A_block_of_another_pair_or_page_or_area_does_not_count()
    {
        (CutDisk disk, MetadataStore store) = await CreateAsync();
        GrainMap[] maps = NewMaps(2);
        await store.SourceMaps.WritePagesAsync([4], maps, 1, default);
        await store.FlushAsync(default);
        byte[] page = disk.Visible.Slice(SlotOffset(4, 0), 4096).ToArray();
        disk.Overwrite(SlotOffset(5, 0), page);
        disk.Overwrite(SlotOffset(4, 0) + 256 * 1024, page);
        MetadataStore opened = await MetadataStore.OpenAsync(disk, default);
        Assert.Equal([5], (await opened.SourceMaps.LoadAsync(NewMaps(2), null, default)).UnsettledPages);
        Assert.Equal([4], (await opened.TargetMaps.LoadAsync(NewMaps(2), null, default)).UnsettledPages);
    }

    [Fact]
    public async Task A_fixup_changes_what_goes_into_the_maps()
    {
        (CutDisk disk, MetadataStore store) = await CreateAsync();
        GrainMap[] maps = NewMaps(2);
        maps[0].SetRange(new GrainRange(0, 100));
        maps[1].SetRange(new GrainRange(10, 5));
        await store.TargetMaps.WritePagesAsync([0], maps, 7, default);
        await store.FlushAsync(default);
        GrainMap[] loaded = NewMaps(2);
        await (await MetadataStore.OpenAsync(disk, default)).TargetMaps.LoadAsync(loaded, Renew, default);
        Assert.Equal(95, loaded[0].CountSet());
        Assert.Equal(0, loaded[1].CountSet());

        static void Renew(int page, ulong epoch, Span<ulong> copied, Span<ulong> future, Span<ulong> map2, Span<ulong> map3)
        {
            Assert.Equal(7UL, epoch);
            for (int word = 0; word < copied.Length; word++)
            {
                (copied[word], future[word]) = (copied[word] & ~future[word], 0);
            }
        }
    }

    [Fact]
    [Rule("P-2")]
    public async Task An_area_of_an_existing_file_takes_no_page_before_it_was_loaded()
    {
        (CutDisk disk, _) = await CreateAsync();
        MetadataStore opened = await MetadataStore.OpenAsync(disk, default);
        await Assert.ThrowsAsync<InvalidOperationException>(() => opened.SourceMaps.WritePagesAsync([0], NewMaps(1), 1, default));
        await opened.SourceMaps.LoadAsync(NewMaps(1), null, default);
        await opened.SourceMaps.WritePagesAsync([0], NewMaps(1), 1, default);
    }

    private static async Task<(CutDisk Disk, MetadataStore Store)> CreateAsync()
    {
        CutDisk disk = new(MetadataStore.RequiredLengthBytes(s_identity.Geometry), new PowerSwitch());
        return (disk, await MetadataStore.CreateAsync(disk, s_identity, default));
    }

    private static GrainMap[] NewMaps(int count) => [.. Enumerable.Range(0, count).Select(_ => new GrainMap(s_identity.Geometry.GrainCount, false))];

    private static int SlotOffset(int page, int slot) => (512 * 1024) + (page / 16 * 128 * 1024) + (slot * 64 * 1024) + (page % 16 * 4096);

    private static byte[] OldSuperblock()
    {
        byte[] block = new byte[4096];
        MetadataIdentity old = s_identity with { PairId = new Guid(9, 9, 9, new byte[8]) };
        new Superblock(old, MetadataStore.RequiredLengthBytes(old.Geometry), 1).Write(block);
        return block;
    }
}

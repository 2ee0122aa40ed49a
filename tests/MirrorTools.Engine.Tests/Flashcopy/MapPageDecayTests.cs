using System.Buffers.Binary;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Simulation.Disks;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Pages of the maps with one slot that is not valid: a cut write, or decay where nothing can have been cut.</summary>
public sealed class MapPageDecayTests
{
    [Theory]
    [Rule("P-5")]
    [InlineData(0)]
    [InlineData(1)]
    public void After_a_clean_close_the_source_takes_a_page_with_a_broken_slot_for_unknown(int slot) => FlashcopyRig.Run(async rig =>
    {
        await TwoCyclesAsync(rig);
        await rig.Source.DisposeAsync();
        Break(rig, rig.Metadata1, Layout(rig).SourceMaps, slot);
        await rig.OpenSourceAsync();
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.MapPageCorrupt);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));

        // Written anew by the clean close.
        rig.Events1.Clear();
        await rig.Source.DisposeAsync();
        await rig.OpenSourceAsync();
        Assert.DoesNotContain(rig.Events1, seen => seen.Id == PairEventId.MapPageCorrupt);
    });

    [Theory]
    [Rule("F-18")]
    [InlineData(0)]
    [InlineData(1)]
    public void What_a_cut_left_is_not_taken_for_decay_at_a_later_clean_close(int slot) => FlashcopyRig.Run(async rig =>
    {
        await TwoCyclesAsync(rig);
        rig.KillSite1();
        Break(rig, rig.Metadata1, Layout(rig).SourceMaps, slot);
        await rig.OpenSourceAsync();
        await rig.Source.DisposeAsync();
        await rig.OpenSourceAsync();
        Assert.DoesNotContain(rig.Events1, seen => seen.Id == PairEventId.MapPageCorrupt);
    });

    [Theory]
    [Rule("F-18")]
    [InlineData(0)]
    [InlineData(1)]
    public void What_a_cut_left_is_not_taken_for_decay_after_an_unclean_start(int slot) => FlashcopyRig.Run(async rig =>
    {
        await TwoCyclesAsync(rig);
        await rig.WriteAsync(9, 3);
        rig.KillSite1();
        await rig.OpenSourceAsync();

        // The log was said to be clean by a start that settled what was hot, though pages are written from then on.
        rig.KillSite1();
        Break(rig, rig.Metadata1, Layout(rig).SourceMaps, slot);
        await rig.OpenSourceAsync();
        Assert.DoesNotContain(rig.Events1, seen => seen.Id == PairEventId.MapPageCorrupt);
    });

    [Fact]
    [Rule("P-5")]
    public void After_a_clean_close_the_target_refuses_to_guess_where_its_grains_are() => FlashcopyRig.Run(async rig =>
    {
        await TwoCyclesAsync(rig);
        await rig.SettledAsync();
        await rig.Target.DisposeAsync();
        Break(rig, rig.Metadata2, Layout(rig).TargetMaps, slot: 0);
        await Assert.ThrowsAsync<MetadataCorruptException>(rig.OpenTargetAsync);
    });

    [Fact]
    [Rule("P-1")]
    [Rule("P-5")]
    public void A_target_whose_newest_record_decayed_shows_no_mixture_of_two_points() => FlashcopyRig.Run(async rig =>
    {
        await TwoCyclesAsync(rig);
        await rig.SettledAsync();
        await rig.Target.DisposeAsync();
        long first = MetadataLayout.StateOffsetBytes;
        long second = first + MetadataLayout.CopyDistanceBytes;
        rig.Metadata2.Corrupt((Sequence(rig, first) > Sequence(rig, second) ? first : second) + 512, bit: 3);
        MetadataCorruptException corrupt = await Assert.ThrowsAsync<MetadataCorruptException>(rig.OpenTargetAsync);
        Assert.Equal("state record", corrupt.Part);
    });

    [Fact]
    [Rule("F-18")]
    public void A_target_that_was_cut_while_it_wrote_a_page_opens_and_writes_it_again() => FlashcopyRig.Run(async rig =>
    {
        await TwoCyclesAsync(rig);
        await rig.SettledAsync();
        rig.KillSite2();
        Break(rig, rig.Metadata2, Layout(rig).TargetMaps, slot: 0);
        await rig.OpenTargetAsync();
        await rig.Target.DisposeAsync();
        await rig.OpenTargetAsync();
        Assert.Equal(TargetState.Waiting, (await rig.Target.GetStatusAsync()).State);
    });

    private static async Task TwoCyclesAsync(FlashcopyRig rig)
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await rig.WriteAsync(7, 2, 3);
        await rig.CycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
    }

    private static ulong Sequence(FlashcopyRig rig, long offset)
    {
        byte[] bytes = new byte[8];
        rig.Metadata2.Peek(offset + 32, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private static MetadataLayout Layout(FlashcopyRig rig) => MetadataLayout.For(rig.Geometry);

    private static void Break(FlashcopyRig rig, SimDisk disk, MapAreaLayout area, int slot) => disk.Corrupt(area.OffsetOf(0, slot) + 512, bit: 3);
}

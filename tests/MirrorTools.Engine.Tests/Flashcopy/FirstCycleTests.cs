using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

public sealed class FirstCycleTests
{
    [Fact]
    [Rule("F-1")]
    public void A_new_pair_has_no_committed_point_and_its_first_cycle_copies_everything() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(3, 7);
        await rig.WriteAsync(40, 9, 5);
        await rig.ConnectAsync();
        PairException none = await Assert.ThrowsAsync<PairException>(() => rig.Target.RecoverAsync(force: true));
        Assert.Equal(PairError.NoCommittedPoint, none.Error);
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.Copied)).CountSet());

        ulong point = await rig.CycleAsync();

        Assert.Equal(64, (await rig.Source.SnapshotAsync(SourceMapKind.Copied)).CountSet());
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        Assert.Equal(point, (await rig.Target.GetStatusAsync()).LastCommitted.Number);
    });

    // No write of a host has marked it: that nothing is known to be equal at the start is all that has it sent.
    [Fact]
    [Rule("F-1")]
    public void What_the_source_held_before_the_pair_was_made_is_copied_too() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
            await rig.SettledAsync();
            Assert.Equal(7, rig.Peek(rig.D, 20));
        },
        prepare: rig =>
        {
            byte[] grain = new byte[FlashcopyRig.GrainBytes];
            grain.AsSpan().Fill(7);
            rig.A.Preload(rig.Geometry.OffsetOf(20), grain);
        });

    [Fact]
    [Rule("F-1")]
    public void Zero_grains_travel_as_runs_without_payload() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(10, 1);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(FlashcopyRig.GrainBytes, rig.SourceEnd.SentPayloadBytes);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    // A storage that tells data from holes no better than by its bytes: what hosts filled with zeros is data to it.
    [Fact]
    [Rule("F-1")]
    public void Grains_that_hold_nothing_but_zeros_travel_without_payload_though_the_storage_takes_them_for_data() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 0, 20);
            await rig.WriteAsync(10, 1);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(FlashcopyRig.GrainBytes, rig.SourceEnd.SentPayloadBytes);
            Assert.Equal(64, rig.SourceEnd.Sent.Where(sent => sent.Kind is MirrorMessage.GrainData or MirrorMessage.ZeroGrains).Sum(sent => sent.GrainCount));
            await rig.WriteAsync(10, 0);
            await rig.CycleAsync();
            Assert.Equal(FlashcopyRig.GrainBytes, rig.SourceEnd.SentPayloadBytes);
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { RunBytes = FlashcopyRig.GrainBytes });

    [Fact]
    [Rule("F-13")]
    public void The_second_flashcopy_brings_the_commit_to_the_target() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(5, 5, 20);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).UncopiedGrains == 0);
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.D));
    });

    [Fact]
    [Rule("F-24")]
    public void The_next_cycle_sends_changed_grains_only() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        long before = rig.SourceEnd.SentPayloadBytes;
        await rig.WriteAsync(17, 2);
        await rig.WriteBytesAsync(rig.Geometry.OffsetOf(30) + 512, 3, 512);
        await rig.CycleAsync();
        Assert.Equal(2 * FlashcopyRig.GrainBytes, rig.SourceEnd.SentPayloadBytes - before);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });
}

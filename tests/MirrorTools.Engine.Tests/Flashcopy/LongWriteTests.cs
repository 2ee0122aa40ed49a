using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Writes that are too long for one request and go in pieces: a point holds all of one or nothing (F-2, P-1). A piece has at most 256 grains here.</summary>
public sealed class LongWriteTests
{
    private const int Grains = 704;
    private const int Zeroed = 640;

    [Fact]
    [Rule("F-2")]
    [Rule("P-1")]
    public void A_point_waits_for_the_last_piece_while_other_writes_go_on() => FlashcopyRig.Run(
        async rig =>
        {
            await FillAndCommitAsync(rig);
            rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(200);
            Task zeroing = ZeroAsync(rig);
            await rig.UntilAsync(() => Task.FromResult(rig.Peek(rig.A, 0) == 0));
            Task<ulong> point = rig.Source.StartCycleAsync(supersede: false);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(1));
            await rig.WriteAsync(Zeroed + 10, 5);
            Assert.False(zeroing.IsCompleted);
            Assert.False(point.IsCompleted);

            await zeroing;
            rig.A.Faults.Repair();
            byte[] image = await ImageOfAsync(rig, await point);
            Assert.Equal(Enumerable.Repeat((byte)0, Zeroed), FirstBytes(image).Take(Zeroed));
            Assert.Equal(5, FirstBytes(image)[Zeroed + 10]);
        },
        grains: Grains);

    [Fact]
    [Rule("F-2")]
    [Rule("P-1")]
    public void A_long_write_that_comes_while_a_point_waits_falls_after_it_whole() => FlashcopyRig.Run(
        async rig =>
        {
            await FillAndCommitAsync(rig);
            rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(200);
            Task before = ZeroAsync(rig, 0, 300);
            await rig.UntilAsync(() => Task.FromResult(rig.Peek(rig.A, 0) == 0));
            Task<ulong> point = rig.Source.StartCycleAsync(supersede: false);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(1));
            Task after = ZeroAsync(rig, 300, 300);
            ulong number = await point;
            Assert.True(before.IsCompleted);
            rig.A.Faults.Repair();
            await after;
            byte[] image = FirstBytes(await ImageOfAsync(rig, number));
            Assert.Equal(Enumerable.Repeat((byte)0, 300), image.Take(300));
            Assert.Equal(Enumerable.Repeat((byte)1, 300), image.Skip(300).Take(300));
            Assert.Equal(0, rig.Peek(rig.A, 599));
        },
        grains: Grains);

    // While the copier's last step ends, nothing but the gate for long writes holds one back.
    [Fact]
    [Rule("F-2")]
    [Rule("F-12")]
    [Rule("P-1")]
    public void A_long_write_that_comes_while_a_running_cycle_is_superseded_falls_after_the_point_whole() => FlashcopyRig.Run(
        async rig =>
        {
            await FillAndCommitAsync(rig);
            await rig.WriteAsync(Grains - 1, 2);
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(300);
            rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(200);
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(210));
            Task<ulong> point = rig.Source.StartCycleAsync(supersede: true);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(1));
            Task zeroing = ZeroAsync(rig);
            ulong number = await point;
            rig.A.Faults.Repair();
            rig.B.Faults.Repair();
            await zeroing;
            Assert.Equal(0, rig.Peek(rig.A, Zeroed - 1));
            Assert.Equal(Enumerable.Repeat((byte)1, Zeroed), FirstBytes(await ImageOfAsync(rig, number)).Take(Zeroed));
        },
        grains: Grains);

    [Fact]
    [Rule("F-2")]
    [Rule("P-8")]
    public void A_long_write_that_hangs_abandons_the_point_and_holds_nobody() => FlashcopyRig.Run(
        async rig =>
        {
            await FillAndCommitAsync(rig);
            rig.A.Faults.ExtraLatency = TimeSpan.FromSeconds(30);
            Task hanging = ZeroAsync(rig, 0, 300);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
            rig.A.Faults.Repair();
            Assert.Equal(PairError.GateTimedOut, (await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: false))).Error);

            await ZeroAsync(rig, 300, 300);
            Assert.False(hanging.IsCompleted);
            await hanging;
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        grains: Grains);

    // A piece that fell before a point of its own would have that point wait for the write it is a piece of.
    [Theory]
    [Rule("F-27")]
    [Rule("P-8")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_long_write_to_uncopied_grains_does_not_hang_a_merged_point(bool withAShortOne) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, Grains);
            await rig.ConnectAsync();
            rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(30);
            ulong first = await rig.Source.StartCycleAsync(supersede: false);
            DateTimeOffset before = rig.Scheduler.UtcNow;
            Task zeroing = ZeroAsync(rig);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(10));
            if (withAShortOne)
            {
                await rig.WriteAsync(Grains - 1, 5);
            }

            await zeroing;
            Assert.True(rig.Scheduler.UtcNow - before < rig.Options.GateDeadline, $"Hosts waited {rig.Scheduler.UtcNow - before}.");
            Assert.DoesNotContain(rig.Events1, seen => seen.Id is PairEventId.GateTimedOut or PairEventId.PointGivenUp);
            ulong point = withAShortOne ? first + 1 : first;
            byte[] image = FirstBytes(await ImageOfAsync(rig, point));
            Assert.Single(image.Take(Zeroed).Distinct());
            Assert.Equal(withAShortOne ? 5 : 1, image[Grains - 1]);
        },
        grains: Grains,
        prepare: rig => rig.Options = new MirrorOptions
        {
            WritePolicy = WritePolicy.Merge,
            RunBytes = 16 * FlashcopyRig.GrainBytes,
            WindowBytes = 16 * FlashcopyRig.GrainBytes,
        });

    private static async Task FillAndCommitAsync(FlashcopyRig rig)
    {
        await rig.WriteAsync(0, 1, Grains);
        await rig.ConnectAsync();
        await rig.CycleAsync();
    }

    // The point that the short write wants to fall before does not begin: its deadlines count from when it began to wait, and not from when the point has failed.
    [Fact]
    [Rule("F-27")]
    [Rule("P-8")]
    public void A_write_that_wants_to_fall_before_a_point_waits_no_longer_than_its_deadlines_for_it_to_begin() => FlashcopyRig.Run(
        async rig =>
        {
            await FillAndCommitAsync(rig);
            rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
            await rig.WriteAsync(Zeroed + 10, 5);
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.UntilAsync(() => rig.SourceBitAsync(SourceMapKind.InB, Zeroed + 10));
            rig.A.Faults.ExtraLatency = TimeSpan.FromSeconds(20);
            Task zeroing = ZeroAsync(rig);
            await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
            rig.A.Faults.Repair();
            DateTimeOffset start = rig.Scheduler.UtcNow;
            await rig.WriteAsync(Zeroed + 10, 6);
            Assert.InRange(rig.Scheduler.UtcNow - start, rig.Options.LinkDeadline, (rig.Options.LinkDeadline * 2) + TimeSpan.FromMilliseconds(500));
            Assert.False(zeroing.IsCompleted);
            await zeroing;
        },
        grains: Grains,
        prepare: rig => rig.Options = new MirrorOptions { WritePolicy = WritePolicy.Merge, GateDeadline = TimeSpan.FromMinutes(1), LocalDeadline = TimeSpan.FromMinutes(1) });

    private static Task ZeroAsync(FlashcopyRig rig, long grain = 0, int count = Zeroed) =>
        rig.Host.WriteZeroesAsync(rig.Geometry.OffsetOf(grain), (long)count * FlashcopyRig.GrainBytes, WriteOptions.None, CancellationToken.None).AsTask();

    private static async Task<byte[]> ImageOfAsync(FlashcopyRig rig, ulong point)
    {
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number >= point);
        Assert.Equal(point, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        return await rig.ReadImageAsync(rig.Target.Image);
    }

    private static byte[] FirstBytes(byte[] image) => [.. Enumerable.Range(0, Grains).Select(grain => image[grain * FlashcopyRig.GrainBytes])];
}

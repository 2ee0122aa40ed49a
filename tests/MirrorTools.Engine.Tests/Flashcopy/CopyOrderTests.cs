using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Link;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What the background copy takes first, from where, and whom it keeps out (F-4).</summary>
public sealed class CopyOrderTests
{
    private const ushort GrainData = 6;

    [Fact]
    [Rule("F-4")]
    public void Grains_are_taken_in_ascending_order() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(Sent(rig).Order(), Sent(rig));
        },
        prepare: OneGrainAtATime(ScanOrder.Ascending));

    [Fact]
    [Rule("F-4")]
    public void Grains_that_hosts_used_last_go_first_where_that_is_asked_for() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 256);
            await rig.WriteAsync(200, 2);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.InRange(Sent(rig)[0], 192, 255);
        },
        grains: 256,
        prepare: OneGrainAtATime(ScanOrder.LastAccessed));

    [Fact]
    [Rule("F-4")]
    public void A_grain_that_is_in_B_is_sent_from_there_since_the_source_has_moved_on() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(20, 2);
        rig.Cut();
        await rig.UntilAsync(async () => !(await rig.Source.GetStatusAsync()).IsConnected);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => rig.SourceBitAsync(MirrorTools.Engine.Mirroring.Source.SourceMapKind.InB, 20));
        await rig.WriteAsync(20, 3);
        await rig.ConnectAsync();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == point);
        Assert.Equal(2, (await rig.ReadImageAsync(rig.Target.Image))[20 * FlashcopyRig.GrainBytes]);
    });

    [Fact]
    [Rule("F-4")]
    public void Copying_a_grain_keeps_writes_to_other_grains_out_of_nothing() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.WriteAsync(63, 2);
            rig.B.Faults.ExtraLatency = TimeSpan.FromSeconds(2);
            await rig.Source.StartCycleAsync(supersede: false);
            DateTimeOffset before = rig.Scheduler.UtcNow;
            await rig.WriteAsync(5, 3);
            Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(1));
        });

    [Fact]
    [Rule("F-4")]
    public void An_acknowledgement_of_another_point_counts_for_nothing() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong first = await rig.CycleAsync();
        await rig.WriteAsync(7, 2);
        rig.SourceEnd.Swallowed.Add(GrainData);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => Task.FromResult(rig.SourceEnd.Sent[^1].Kind == GrainData));
        rig.TargetEnd.Forge(new PeerMessage(8, 0, 0, first, 7, 1, Guid.Empty), []);
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.False(await rig.SourceBitAsync(MirrorTools.Engine.Mirroring.Source.SourceMapKind.OnC, 7));
        Assert.Equal(first, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
    });

    private static List<long> Sent(FlashcopyRig rig) =>
        [.. rig.SourceEnd.Sent.Where(message => message.Kind == GrainData).Select(message => message.FirstGrain)];

    private static Action<FlashcopyRig> OneGrainAtATime(ScanOrder order) => rig => rig.Options = new MirrorOptions
    {
        ScanOrder = order,
        RunBytes = FlashcopyRig.GrainBytes,
        WindowBytes = FlashcopyRig.GrainBytes,
    };
}

using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The commit of a point (F-8, F-9): one durable choice at site 2, and what either site does that missed it.</summary>
public sealed class CommitTests
{
    [Fact]
    [Rule("F-9")]
    [Rule("F-19")]
    public void A_source_that_dies_before_it_records_a_commit_asks_for_it_and_serves_hosts_meanwhile() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong first = await rig.CycleAsync();
        await rig.WriteAsync(5, 2);
        rig.Transition = (_, _, _, to) =>
        {
            if (to == nameof(SourceState.Recording))
            {
                rig.KillSite1(losePower: true);
            }
        };
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).LastCommitted.Number == point);
        await rig.UntilAsync(() => Task.FromResult(rig.SourceEnd.Closed.IsCompleted));
        rig.Transition = null;
        await rig.OpenSourceAsync();

        Assert.Equal(first, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        PairException doubt = await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: false));
        Assert.Equal(PairError.InDoubt, doubt.Error);
        await rig.WriteAsync(6, 3);

        await rig.ConnectAsync();
        Assert.Equal(point, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        ulong next = await rig.CycleAsync();
        Assert.True(next > point);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-9")]
    [Rule("F-12")]
    public void A_point_whose_answer_is_missing_is_neither_given_up_nor_superseded_before_site_2_was_asked() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        rig.TargetEnd.Swallowed.Add(MirrorMessage.Committed);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).LastCommitted.Number == point);
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(SourceState.Completing, (await rig.Source.GetStatusAsync()).State);
        Assert.Equal(PairError.PointBeingDecided, (await Assert.ThrowsAsync<PairException>(() => rig.Source.StopCycleAsync())).Error);
        Assert.Equal(PairError.PointBeingDecided, (await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: true))).Error);
        await rig.WriteAsync(7, 2);

        await rig.ConnectAsync();
        Assert.Equal(point, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        Assert.Equal(SourceState.Idle, (await rig.Source.GetStatusAsync()).State);
    });

    [Fact]
    [Rule("F-9")]
    public void An_undecided_completion_is_asked_again_over_the_next_session() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);
        long sent = (await rig.Source.GetStatusAsync()).SentGrains;
        rig.Cut();
        await rig.ConnectAsync();
        await rig.Source.WaitCycleAsync();
        Assert.Equal(point, (await rig.Target.GetStatusAsync()).LastCommitted.Number);
        Assert.Equal(sent, (await rig.Source.GetStatusAsync()).SentGrains);
    });

    [Fact]
    [Rule("F-9")]
    public void Preparing_a_settled_point_is_refused() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong point = await rig.CycleAsync();
        CommittedPoint committed = (await rig.Target.GetStatusAsync()).LastCommitted;
        rig.SourceEnd.Forge(new PeerMessage(MirrorMessage.BeginPoint, 0, 0, point, 0, 0, Guid.Empty), Times(rig));
        rig.SourceEnd.Forge(new PeerMessage(MirrorMessage.Complete, 0, 0, point, 0, 0, Instance(rig)), Times(rig));
        await rig.UntilAsync(() => Task.FromResult(rig.TargetEnd.Sent.Any(sent => sent.Kind == MirrorMessage.Refused)));
        Assert.Equal((uint)PrepareRefusal.SettledPoint, rig.TargetEnd.Sent.Last(sent => sent.Kind == MirrorMessage.Refused).Status);
        Assert.Equal(committed, (await rig.Target.GetStatusAsync()).LastCommitted);
    });

    [Fact]
    [Rule("F-8")]
    public void A_completion_that_names_another_instance_of_site_2_is_refused() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);
        rig.SourceEnd.Forge(new PeerMessage(MirrorMessage.Complete, 0, 0, point, 0, 0, rig.PairId), Times(rig));
        await rig.UntilAsync(() => Task.FromResult(rig.TargetEnd.Sent.Any(sent => sent.Kind == MirrorMessage.Refused)));
        Assert.Equal((uint)PrepareRefusal.OtherInstance, rig.TargetEnd.Sent.Last(sent => sent.Kind == MirrorMessage.Refused).Status);
        Assert.True((await rig.Target.GetStatusAsync()).LastCommitted.IsNone);

        // Refused is not lost: site 1 completes again, and what site 2 has is not sent again.
        await rig.ConnectAsync();
        await rig.Source.WaitCycleAsync();
        Assert.Equal(point, (await rig.Target.GetStatusAsync()).LastCommitted.Number);
    });

    [Fact]
    [Rule("F-9")]
    public void A_prepared_target_takes_no_later_data() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        byte[] grain = new byte[FlashcopyRig.GrainBytes];
        grain.AsSpan().Fill(9);
        rig.C.Faults.ExtraLatency = TimeSpan.FromMilliseconds(50);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        rig.Transition = (_, _, _, to) =>
        {
            if (to == nameof(TargetState.Preparing))
            {
                rig.SourceEnd.Forge(new PeerMessage(MirrorMessage.GrainData, 0, 0, point, 3, 1, Guid.Empty), grain);
            }
        };
        await rig.Source.WaitCycleAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(1, rig.Peek(rig.C, 3));
        Assert.Equal(0, (await rig.Target.GetStatusAsync()).FutureGrains);
    });

    [Fact]
    [Rule("F-8")]
    public void A_point_is_not_completed_while_one_grain_is_missing_at_site_2() => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            ulong first = await rig.CycleAsync();
            await rig.WriteAsync(9, 2);
            rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.DelayAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(SourceState.Copying, (await rig.Source.GetStatusAsync()).State);
            Assert.Equal(1, rig.SourceEnd.Sent.Count(sent => sent.Kind == MirrorMessage.Complete));
            Assert.Equal(first, (await rig.Target.GetStatusAsync()).LastCommitted.Number);
        });

    [Fact]
    [Rule("F-9")]
    public void Nobody_hears_of_a_commit_before_site_1_has_recorded_it() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.WriteAsync(3, 2);
        await rig.Source.StartCycleAsync(supersede: false);
        Task<CycleOutcome?> outcome = rig.Source.WaitCycleAsync();
        bool isRecording = false;
        rig.Transition = (machine, _, _, to) => isRecording = machine == "source" ? to == nameof(SourceState.Recording) : isRecording;
        Assert.True((await outcome)!.Value.IsCommitted);
        Assert.False(isRecording);
        Assert.Contains(rig.Transitions, step => step.Contains(nameof(SourceState.Recording), StringComparison.Ordinal));
    });

    [Fact]
    [Rule("F-12")]
    public void A_superseded_point_is_never_committed_and_the_one_after_it_is() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        rig.B.Faults.ExtraLatency = TimeSpan.FromMilliseconds(200);
        ulong first = await rig.Source.StartCycleAsync(supersede: false);
        Task<CycleOutcome?> outcome = rig.Source.WaitCycleAsync();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        ulong second = await rig.Source.StartCycleAsync(supersede: true);
        CycleOutcome given = (await outcome)!.Value;
        Assert.Equal(first, given.Point);
        Assert.False(given.IsCommitted);
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == second);
        Assert.DoesNotContain((await rig.Target.GetStatusAsync()).RecentPoints, point => point.Number == first);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-9")]
    [Rule("F-16")]
    public void A_commit_that_was_heard_of_as_a_refusal_takes_nothing_from_the_point_after_it() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.DelayAsync(TimeSpan.FromSeconds(30));
        await rig.WriteAsync(0, 2, 4);
        rig.TargetEnd.Swallowed.Add(MirrorMessage.Committed);
        ulong refused = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).LastCommitted.Number == refused);
        rig.TargetEnd.Forge(new PeerMessage(MirrorMessage.Refused, 0, (uint)PrepareRefusal.FlushFailed, refused, 0, 0, Guid.Empty), []);
        await rig.StateAsync(SourceState.Copying);

        await rig.WriteAsync(20, 3, 8);
        await rig.Source.StartCycleAsync(supersede: true);
        rig.Join();
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        await rig.StateAsync(SourceState.Completing);
        Assert.Equal(refused, (await rig.Source.GetStatusAsync()).LastCommitted.Number);

        // Copied, and not committed: were site 2 recovered now, the way back would have to bring these grains.
        GrainMap differences = await rig.Source.SnapshotDifferencesAsync();
        Assert.Equal(Enumerable.Range(20, 8), Enumerable.Range(0, 64).Where(grain => differences[grain]));
    });

    private static byte[] Times(FlashcopyRig rig) => new PointTimes(rig.Scheduler.UtcNow, DateTimeOffset.MinValue).Encode();

    private static Guid Instance(FlashcopyRig rig) => rig.TargetEnd.Sent.First(sent => sent.Kind == MirrorMessage.TargetHello).Subject;
}

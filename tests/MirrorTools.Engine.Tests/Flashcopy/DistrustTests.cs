using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>A site 2 whose storages somebody else wrote: nothing of it is trusted before a comparison by hash and a commit (P-5).</summary>
public sealed class DistrustTests
{
    [Theory]
    [Rule("P-5")]
    [Rule("P-7")]
    [InlineData(false)]
    [InlineData(true)]
    public void Distrust_outlives_restarts_until_a_commit_has_proved_the_copy(bool isCompared) => FlashcopyRig.Run(async rig =>
    {
        await TamperAsync(rig);
        await rig.OpenTargetAsync();
        if (isCompared)
        {
            await CompareAsync(rig);
        }

        // However often it is opened meanwhile, cleanly or not.
        rig.KillSite2();
        await rig.OpenTargetAsync();
        await rig.Target.DisposeAsync();
        await rig.OpenTargetAsync();
        await RefusedAsync(rig);

        await CompareAsync(rig);
        long before = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.CycleAsync();

        // D's grain, and no more: C's was made good from D.
        Assert.Equal(1, (await rig.Source.GetStatusAsync()).SentGrains - before);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        await rig.SettledAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.D));
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.C));
        await rig.Target.DisposeAsync();
        await rig.OpenTargetAsync();
        Assert.False(rig.Target.IsDistrusted);
        await rig.Target.RecoverAsync(force: false);
    });

    [Fact]
    [Rule("P-1")]
    [Rule("P-5")]
    public void A_running_point_is_given_up_for_a_comparison() => FlashcopyRig.Run(async rig =>
    {
        await TamperAsync(rig);
        await rig.WriteAsync(10, 2);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => rig.SourceBitAsync(SourceMapKind.InB, 10));

        // After the point the grain becomes what D holds: compared now it is equal, and the point's content is in B.
        await rig.WriteAsync(10, 1);
        await rig.OpenTargetAsync();
        rig.Join();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).IsComparing);
        Assert.Equal(PairError.ComparisonNeeded, (await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: false))).Error);
        await CompareAsync(rig);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.PointGivenUp);
        await rig.CycleAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("P-7")]
    [Rule("F-16")]
    public void A_forced_recovery_of_a_distrusted_copy_compares_on_the_way_back() => FlashcopyRig.Run(async rig =>
    {
        await TamperAsync(rig);
        await rig.OpenTargetAsync();
        await rig.Target.RecoverAsync(force: true);
        MirrorSource two = await MirrorSource.OpenAsync(rig.Parts2());
        await rig.Source.BecomeTargetAsync((await two.GetStatusAsync()).Generations);
        MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
        rig.Events2.Clear();
        rig.Join(two, one);
        await rig.UntilAsync(async () => (await two.GetStatusAsync()).IsConnected);
        Assert.Contains(rig.Events2, seen => seen.Id == PairEventId.Compared);
        ulong point = await two.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await two.GetStatusAsync()).LastCommitted.Number >= point);
        Assert.Equal(await rig.ReadImageAsync(two.Volume), await rig.ReadImageAsync(one.Image));
    });

    [Fact]
    [Rule("P-5")]
    public void A_point_of_a_source_that_did_not_compare_is_refused() => FlashcopyRig.Run(async rig =>
    {
        await TamperAsync(rig);
        await rig.OpenTargetAsync();
        (TestChannel source, TestChannel target) = TestChannel.Pair(rig.PairId, rig.PairId);
        rig.Target.Attach(target);
        PeerGreeting greeting = new(rig.Geometry.LengthBytes, rig.Geometry.GrainBytes, new PairRecord
        {
            Role = PairRole.Source,
            Generations = (await rig.Source.GetStatusAsync()).Generations,
        }, CopyService.Flashcopy);
        await source.SendAsync(new PeerMessage(MirrorMessage.SourceHello, 0, 0, 0, 0, 0, Guid.Empty), greeting.Encode(), CancellationToken.None);
        await source.SendAsync(new PeerMessage(MirrorMessage.BeginPoint, 0, 0, 99, 0, 1, Guid.Empty), new PointTimes(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch).Encode(), CancellationToken.None);
        await rig.UntilAsync(() => Task.FromResult(source.Closed.IsCompleted));
        Assert.Equal(0UL, (await rig.Target.GetStatusAsync()).Point);
    });

    // A committed copy, closed cleanly; then somebody writes a grain of D and one of C, and the agent notices.
    private static async Task TamperAsync(FlashcopyRig rig)
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        rig.Cut();
        await rig.Target.DisposeAsync();
        byte[] foreign = new byte[FlashcopyRig.GrainBytes];
        foreign.AsSpan().Fill(0xEE);
        rig.D.Preload(rig.Geometry.OffsetOf(5), foreign);
        rig.C.Preload(rig.Geometry.OffsetOf(6), foreign);
        await rig.DistrustAsync(rig.Metadata2, rig.Site2);
    }

    private static async Task CompareAsync(FlashcopyRig rig)
    {
        rig.Join();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).IsConnected);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.ComparisonNeeded);
        Assert.False((await rig.Target.GetStatusAsync()).AwaitsComparison);
    }

    private static async Task RefusedAsync(FlashcopyRig rig)
    {
        Assert.True(rig.Target.IsDistrusted);
        Assert.Equal(PairError.CopyNotTrusted, (await Assert.ThrowsAsync<PairException>(() => rig.Target.RecoverAsync(force: false))).Error);
        Assert.Equal(PairError.CopyNotTrusted, (await Assert.ThrowsAsync<PairException>(rig.Target.PinAsync)).Error);
    }
}

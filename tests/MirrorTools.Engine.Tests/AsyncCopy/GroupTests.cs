using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Points of two pairs that are one group .</summary>
public sealed class GroupTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("A-4")]
    [Rule("P-1")]
    public void No_point_holds_a_write_without_those_that_were_acknowledged_before_it(int seed) => AsyncRig.RunGroup(
        async (first, second) =>
        {
            await StartAsync(first, second);
            bool isOver = false;
            Task host = WriteAlternatelyAsync();
            for (int point = 0; point < 10; point++)
            {
                await CycleAsync(first, second);
                byte[] image = [await first.ImageAsync(5), await second.ImageAsync(5)];
                Assert.True(image[0] == image[1] || image[0] == image[1] + 1, $"{image[0]} and {image[1]}");
                await first.DelayAsync(TimeSpan.FromMilliseconds(20));
            }

            isOver = true;
            await host;

            async Task WriteAlternatelyAsync()
            {
                for (byte value = 2; value < 250 && !isOver; value++)
                {
                    await first.WriteAsync(5, value);
                    await second.WriteAsync(5, value);
                    await first.DelayAsync(TimeSpan.FromMilliseconds(3));
                }
            }
        },
        (ulong)seed);

    [Fact]
    [Rule("A-6")]
    public void No_member_is_committed_before_all_are_drained() => AsyncRig.RunGroup(async (first, second) =>
    {
        await StartAsync(first, second);
        await CycleAsync(first, second);
        second.TargetEnd.Held.Add(MirrorMessage.Acknowledge);
        await first.WriteAsync(5, 2);
        await second.WriteAsync(5, 2);
        ulong point = await first.Source.StartCycleAsync(supersede: false);
        await first.DelayAsync(TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(first.SourceEnd.Sent.Concat(second.SourceEnd.Sent), sent => sent.Kind == MirrorMessage.Complete && sent.Point == point);
        Assert.Equal(1, await first.ImageAsync(5));
        second.TargetEnd.Release();
        await first.CommittedAsync(point);
        await second.CommittedAsync(point);
        Assert.Equal(2, await first.ImageAsync(5));
        Assert.Equal(2, await second.ImageAsync(5));
    });

    // What was prepared at one member is kept or given up as the lead has chosen, whatever became of the sites in between.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-7")]
    [Rule("A-8")]
    public void A_member_that_prepared_follows_the_lead_after_a_restart(bool isCommitted) => AsyncRig.RunGroup(async (first, second) =>
    {
        await StartAsync(first, second);
        await CycleAsync(first, second);
        await first.WriteAsync(5, 2);
        await second.WriteAsync(5, 2);
        (isCommitted ? first.TargetEnd : first.SourceEnd).Swallowed.Add(isCommitted ? MirrorMessage.Committed : MirrorMessage.Complete);
        second.SourceEnd.Swallowed.Add(MirrorMessage.Settle);
        ulong point = await first.Source.StartCycleAsync(supersede: false);
        await second.UntilAsync(() => Task.FromResult(second.TargetEnd.Sent.Exists(sent => sent.Kind == MirrorMessage.Prepared && sent.Point == point)));
        await first.DelayAsync(TimeSpan.FromMilliseconds(200));
        first.Cut();
        second.Cut();
        await first.Source.DisposeAsync();
        await second.Source.DisposeAsync();
        await first.UntilAsync(async () => isCommitted == (await second.Target.GetStatusAsync()).LastCommitted.Number >= point);
        Assert.Equal(isCommitted ? 2 : 1, await first.ImageAsync(5));
        Assert.Equal(isCommitted ? 2 : 1, await second.ImageAsync(5));
    });

    [Fact]
    [Rule("A-8")]
    [Rule("A-1")]
    public void A_member_whose_increment_is_lost_ends_it_for_all_and_hosts_go_on() => AsyncRig.RunGroup(async (first, second) =>
    {
        await StartAsync(first, second);
        await CycleAsync(first, second);
        second.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
        await first.WriteAsync(5, 2);
        await second.WriteAsync(5, 2);
        await second.UntilAsync(() => Task.FromResult(second.TimesSent(5) == 2));
        ulong point = await first.Source.StartCycleAsync(supersede: false);
        await first.WriteAsync(5, 3);
        await second.WriteAsync(5, 3);
        second.Cut();
        await first.UntilAsync(() => Task.FromResult(
            first.Events1.Exists(seen => seen.Id == PairEventId.PointGivenUp) && second.Events1.Exists(seen => seen.Id == PairEventId.PointGivenUp)));
        await first.AssertGrainsAsync(SourceMapKind.ChangeRecording);
        await second.AssertGrainsAsync(SourceMapKind.ChangeRecording);
        Assert.Equal(1, await first.ImageAsync(5));
        second.Join();
        await first.UntilAsync(async () => (await first.Source.GetStatusAsync()) is { IsConnected: true, State: SourceState.Idle } && (await second.Source.GetStatusAsync()) is { IsConnected: true, State: SourceState.Idle });
        Assert.True(await CycleAsync(first, second) > point);
        Assert.Equal(3, await first.ImageAsync(5));
        Assert.Equal(3, await second.ImageAsync(5));
    });

    private static async Task StartAsync(AsyncRig first, AsyncRig second)
    {
        await first.SyncAsync();
        await second.SyncAsync();
    }

    private static async Task<ulong> CycleAsync(AsyncRig first, AsyncRig second)
    {
        ulong point = await first.Source.StartCycleAsync(supersede: false);
        await first.CommittedAsync(point);
        await second.CommittedAsync(point);
        await first.StateAsync(SourceState.Idle);
        await second.StateAsync(SourceState.Idle);
        return point;
    }
}

using MirrorTools.Engine.AsyncCopy;
using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>A write that meets a grain which the increment under way still needs (A-5, figures 6, 7A and 7B).</summary>
public sealed class CollisionTests
{
    [Fact]
    [Rule("A-5")]
    public void The_old_image_is_kept_for_the_increment_and_the_new_one_follows_it() => AsyncRig.Run(async rig =>
    {
        (ulong point, byte[] atThePoint) = await BeginAsync(rig);
        DateTimeOffset before = rig.Scheduler.UtcNow;
        await rig.WriteAsync(15, 3);
        Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromMilliseconds(200));
        Assert.Equal(1, rig.TimesSent(15));

        // A further write finds the image kept.
        long reads = rig.A.Counters.Reads;
        await rig.WriteAsync(15, 4);
        Assert.Equal(reads, rig.A.Counters.Reads);
        await rig.UnstallAsync();
        await rig.CommittedAsync(point);
        Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        await rig.DrainedAsync();
        Assert.Equal(4, rig.Peek(rig.S, 15));
        Assert.Equal(3, rig.TimesSent(15));
        Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("A-5")]
    public void The_grain_is_sent_first_where_that_is_the_policy() => AsyncRig.Run(
        async rig =>
        {
            (ulong point, byte[] atThePoint) = await BeginAsync(rig);
            bool wasSent = false;
            rig.A.Changed = (offset, _) => wasSent |= rig.Geometry.GrainAt(offset) == 15 && rig.TimesSent(15) == 2;
            await rig.WriteAsync(15, 3);
            Assert.True(wasSent);
            rig.A.Changed = null;
            await rig.UnstallAsync();
            await rig.CommittedAsync(point);
            Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
            await rig.DrainedAsync();
            Assert.Equal(3, rig.Peek(rig.S, 15));
        },
        prepare: rig => rig.Options = rig.Options with { CollisionPolicy = CollisionPolicy.SendFirst });

    [Fact]
    [Rule("A-5")]
    public void Where_no_more_images_can_be_kept_the_grain_is_sent_first() => AsyncRig.Run(
        async rig =>
        {
            (ulong point, byte[] atThePoint) = await BeginAsync(rig);
            await rig.WriteAsync(15, 3);
            await rig.WriteAsync(16, 3);
            Assert.Equal(1, rig.TimesSent(15));
            Assert.Equal(2, rig.TimesSent(16));
            await rig.UnstallAsync();
            await rig.CommittedAsync(point);
            Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
            await rig.DrainedAsync();
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));

            // The room is free again for the next increment.
            (point, atThePoint) = await BeginAsync(rig, 5);
            int before = rig.TimesSent(15);
            await rig.WriteAsync(15, 6);
            Assert.Equal(before, rig.TimesSent(15));
            await rig.UnstallAsync();
            await rig.CommittedAsync(point);
            Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { KeptImageBytes = PairRig.GrainBytes });

    [Theory]
    [InlineData(CollisionPolicy.SendFirst)]
    [InlineData(CollisionPolicy.NewImage)]
    [Rule("A-5")]
    [Rule("A-8")]
    [Rule("P-8")]
    public void A_write_that_waits_past_the_deadline_ends_the_increment_and_goes_on(CollisionPolicy policy) => AsyncRig.Run(
        async rig =>
        {
            (ulong point, _) = await BeginAsync(rig);
            rig.Cut();
            DateTimeOffset before = rig.Scheduler.UtcNow;
            await rig.WriteAsync(15, 3);
            Assert.InRange(rig.Scheduler.UtcNow - before, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
            Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.PointGivenUp);
            await rig.ConnectAsync();
            await rig.DrainedAsync();
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            Assert.True(await rig.CycleAsync() > point);
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { CollisionPolicy = policy, KeptImageBytes = 0 });

    [Fact]
    [Rule("A-5")]
    [Rule("P-8")]
    public void A_host_that_gives_up_waiting_leaves_the_increment_alone() => AsyncRig.Run(
        async rig =>
        {
            (ulong point, byte[] atThePoint) = await BeginAsync(rig);
            rig.Cut();
            using CancellationTokenSource cancel = new();
            Task write = rig.Host.WriteAsync(rig.Geometry.OffsetOf(15), new byte[PairRig.GrainBytes], Volumes.WriteOptions.None, cancel.Token).AsTask();
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            cancel.Cancel();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
            await rig.DelayAsync(TimeSpan.FromSeconds(5));
            Assert.Equal(0, (await rig.Source.GetStatusAsync()).WaitingWrites);
            await rig.ConnectAsync();
            await rig.Source.SetOptionsAsync(rig.Options);
            await rig.CommittedAsync(point);
            Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { CollisionPolicy = CollisionPolicy.SendFirst });

    // Zeros are sent without a read, at once: what was looked at was the list that the sending changed.
    [Fact]
    [Rule("A-5")]
    public void Several_writes_wait_for_zeros_that_are_sent_at_once() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            await rig.StallAsync();
            await rig.Host.WriteZeroesAsync(rig.Geometry.OffsetOf(10), 20L * PairRig.GrainBytes, Volumes.WriteOptions.MayUnmap, CancellationToken.None);
            ulong point = await rig.Source.StartCycleAsync(supersede: false);
            byte[] atThePoint = rig.Content(rig.A);
            DateTimeOffset before = rig.Scheduler.UtcNow;
            await Task.WhenAll(Enumerable.Range(12, 12).Select(grain => rig.WriteAsync(grain, 3, 4)));
            Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(1));
            await rig.UnstallAsync();
            await rig.CommittedAsync(point);
            Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { CollisionPolicy = CollisionPolicy.SendFirst });

    // An image that was read for an increment that is over, and answered during the next one, must not serve that: the storage reads early and answers late.
    [Fact]
    [Rule("A-5")]
    public void An_image_that_was_being_kept_when_the_increment_ended_is_not_that_of_the_next_one()
    {
        EarlyReader? device = null;
        AsyncRig.Run(
            async rig =>
            {
                await BeginAsync(rig);
                device!.HoldsAnswers = true;
                Task write = rig.WriteAsync(15, 3);
                await rig.UntilAsync(() => Task.FromResult(device.Held == 1));
                device.HoldsAnswers = false;
                await rig.Source.StopCycleAsync();
                await write;
                ulong point = await rig.Source.StartCycleAsync(supersede: false);
                byte[] atThePoint = rig.Content(rig.A);
                Assert.Equal(3, rig.Peek(rig.A, 15));
                write = rig.WriteAsync(15, 4);
                await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
                device.Release();
                await write;
                await rig.UnstallAsync();
                await rig.CommittedAsync(point);
                Assert.Equal(atThePoint, await rig.ReadImageAsync(rig.Target.Image));
                await rig.DrainedAsync();
                Assert.Equal(4, rig.Peek(rig.S, 15));
            },
            prepare: rig => rig.Wrap = inner => device = new EarlyReader(inner));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-5")]
    [Rule("P-8")]
    public void A_source_that_cannot_be_read_for_the_image_suspends_and_the_write_goes_on(bool atOnce)
    {
        RefusingDevice? device = null;
        AsyncRig.Run(
            async rig =>
            {
                await BeginAsync(rig);
                device!.RefusesReads = true;
                device.AtOnce = atOnce;
                DateTimeOffset before = rig.Scheduler.UtcNow;
                await rig.WriteAsync(15, 3);
                Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(4));
                await rig.StateAsync(SourceState.Suspended);
                device.RefusesReads = false;
                await rig.Source.ResumeAsync();
                await rig.ConnectAsync();
                await rig.DrainedAsync();
                Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
            },
            prepare: rig => rig.Wrap = inner => device = new RefusingDevice(inner));
    }

    /// <summary>Everything in sync but grains 10 to 19, the first of which is on its way; then an increment begins.</summary>
    private static async Task<(ulong Point, byte[] AtThePoint)> BeginAsync(AsyncRig rig, byte value = 2)
    {
        if (value == 2)
        {
            await rig.SyncAsync();
        }

        await rig.StallAsync();
        await rig.WriteAsync(10, value, 10);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        return (point, rig.Content(rig.A));
    }
}

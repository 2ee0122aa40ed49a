using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>Recovery at site 2, and the way back .</summary>
public sealed class RecoveryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-9")]
    [Rule("P-1")]
    public void The_committed_image_is_there_at_once_and_a_write_restores_its_grain_first(bool losePower) => AsyncRig.Run(async rig =>
    {
        byte[] committed = await rig.HalfDrainAsync();
        MirrorSource recovered = await rig.RecoverAsync(losePower, slowly: true);
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));

        // Half a grain, over the newer content that the secondary has there.
        byte[] half = new byte[PairRig.GrainBytes / 2];
        half.AsSpan().Fill(9);
        await recovered.Volume.WriteAsync(rig.Geometry.OffsetOf(10), half, WriteOptions.None, CancellationToken.None);
        half.CopyTo(committed.AsSpan((int)rig.Geometry.OffsetOf(10)));
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));

        // Power is lost once the host has flushed: what was undone and written stays.
        await recovered.Volume.FlushAsync(CancellationToken.None);
        rig.KillSite2(losePower: true);
        rig.Area.Faults.Repair();
        recovered = await MirrorSource.OpenAsync(rig.Parts2());
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));
        await RestoredAsync(rig);
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));
    });

    [Fact]
    [Rule("A-9")]
    [Rule("P-4")]
    public void Only_preserved_grains_are_written_when_an_increment_is_undone() => AsyncRig.Run(async rig =>
    {
        byte[] committed = await rig.HalfDrainAsync();
        Dictionary<long, int> written = [];
        rig.S.Changed = (offset, length) =>
        {
            for (long grain = rig.Geometry.GrainAt(offset); grain <= rig.Geometry.GrainAt(offset + length - 1); grain++)
            {
                written[grain] = written.GetValueOrDefault(grain) + 1;
            }
        };
        long writes = rig.S.Counters.Writes;
        await rig.RecoverAsync(losePower: false, slowly: false);
        await RestoredAsync(rig);
        Assert.Equal([10, 11, 12, 13, 14], written.Keys.Order());
        Assert.Equal(5, rig.S.Counters.Writes - writes);
        Assert.Equal(committed, rig.Content(rig.S));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-9")]
    [Rule("P-4")]
    public void The_way_back_sends_only_what_may_differ(bool isHalfDrained) => AsyncRig.Run(async rig =>
    {
        await (isHalfDrained ? rig.HalfDrainAsync() : rig.SyncAsync());
        rig.Cut();
        await rig.WriteAsync(30, 8);
        MirrorSource two = await rig.RecoverAsync(losePower: false, slowly: false);
        await rig.FillAsync(two.Volume, 40, 9);
        await rig.ReturnAsync(rig.Source, two);
        MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
        await rig.JoinAsync(two, one);
        await rig.CycleAsync(two);
        Assert.Equal(isHalfDrained ? 7 : 2, (await two.GetStatusAsync()).SentGrains);
        byte[] committed = await rig.ReadImageAsync(two.Volume);
        Assert.Equal(committed, await rig.ReadImageAsync(one.Image));

        // And home again.
        await rig.FillAsync(two.Volume, 50, 4);
        rig.SourceEnd.Cut();
        await rig.DelayAsync(TimeSpan.FromSeconds(1));
        await one.RecoverAsync(force: false);
        MirrorSource home = await MirrorSource.OpenAsync(rig.Parts1());
        Assert.Equal(committed, await rig.ReadImageAsync(home.Volume));
        await rig.FillAsync(home.Volume, 51, 5);
        await rig.ReturnAsync(two, home);
        MirrorTarget again = await MirrorTarget.OpenAsync(rig.Parts2());
        await rig.JoinAsync(home, again);
        await rig.CycleAsync(home);
        Assert.Equal(2, (await home.GetStatusAsync()).SentGrains);
        Assert.Equal(await rig.ReadImageAsync(home.Volume), await rig.ReadImageAsync(again.Image));
    });

    // With nothing to be undone no page of its maps was written in the role: all of the volume counted as different.
    [Fact]
    [Rule("A-9")]
    [Rule("P-4")]
    public void A_recovered_side_that_becomes_the_copy_again_says_only_what_it_wrote() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        rig.Cut();
        MirrorSource two = await rig.RecoverAsync(losePower: false, slowly: false);
        await rig.FillAsync(two.Volume, 40, 9);
        await rig.Source.PromoteAsync();
        await two.BecomeTargetAsync((await rig.Source.GetStatusAsync()).Generations);
        await rig.OpenTargetAsync();
        long before = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(before + 1, (await rig.Source.GetStatusAsync()).SentGrains);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    // A page of which no grain was ever written in the role says nothing of the role: its grains would all count as different. The volume has three pages.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-9")]
    [Rule("P-4")]
    public void A_recovered_side_says_only_what_it_wrote_whatever_pages_its_maps_have(bool isHalfDrained) => AsyncRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.DrainedAsync();
            if (isHalfDrained)
            {
                await rig.BeginHalfAsync(10, 5);
            }

            rig.Cut();
            MirrorSource two = await rig.RecoverAsync(losePower: false, slowly: false);
            await rig.FillAsync(two.Volume, 40, 9);
            await rig.ReturnAsync(rig.Source, two);
            MirrorTarget one = await MirrorTarget.OpenAsync(rig.Parts1());
            await rig.JoinAsync(two, one);
            await rig.CycleAsync(two);
            Assert.Equal(isHalfDrained ? 6 : 1, (await two.GetStatusAsync()).SentGrains);

            // And home again, with nothing to be undone at either site.
            await rig.FillAsync(two.Volume, 50, 4);
            rig.SourceEnd.Cut();
            await rig.DelayAsync(TimeSpan.FromSeconds(1));
            await one.RecoverAsync(force: false);
            MirrorSource home = await MirrorSource.OpenAsync(rig.Parts1());
            await rig.FillAsync(home.Volume, 51, 5);
            await rig.ReturnAsync(two, home);
            MirrorTarget again = await MirrorTarget.OpenAsync(rig.Parts2());
            await rig.JoinAsync(home, again);
            await rig.CycleAsync(home);
            Assert.Equal(2, (await home.GetStatusAsync()).SentGrains);
        },
        grains: (2 * GrainMap.GrainsPerPage) + 100);

    [Fact]
    [Rule("A-9")]
    [Rule("P-4")]
    public void A_recovered_side_that_becomes_the_copy_again_says_only_what_it_wrote_whatever_pages_its_maps_have() => AsyncRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            await rig.DrainedAsync();
            rig.Cut();
            MirrorSource two = await rig.RecoverAsync(losePower: false, slowly: false);
            await rig.FillAsync(two.Volume, 40, 9);
            await rig.Source.PromoteAsync();
            await two.BecomeTargetAsync((await rig.Source.GetStatusAsync()).Generations);
            await rig.OpenTargetAsync();
            long before = (await rig.Source.GetStatusAsync()).SentGrains;
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(before + 1, (await rig.Source.GetStatusAsync()).SentGrains);
            Assert.Equal(1, await rig.ImageAsync(40));
        },
        grains: (2 * GrainMap.GrainsPerPage) + 100);

    // Its metadata can't be written, so nothing can be undone: a host is told rather than held.
    [Fact]
    [Rule("A-9")]
    [Rule("P-7")]
    [Rule("P-8")]
    public void A_host_is_not_held_for_ever_where_nothing_can_be_undone() => AsyncRig.Run(async rig =>
    {
        byte[] committed = await rig.HalfDrainAsync();
        MirrorSource recovered = await rig.RecoverAsync(losePower: false, slowly: false, beforeOpening: () => rig.Metadata2.Faults.FailingWrites = int.MaxValue);
        Task write = rig.FillAsync(recovered.Volume, 10, 9);
        DateTimeOffset before = rig.Scheduler.UtcNow;
        await Assert.ThrowsAnyAsync<IOException>(() => write);
        Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(30));
        rig.Metadata2.Faults.Repair();
        await rig.UntilAsync(async () =>
        {
            try
            {
                await rig.FillAsync(recovered.Volume, 10, 9);
                return true;
            }
            catch (BlockDeviceException)
            {
                return false;
            }
        });
        committed.AsSpan((int)rig.Geometry.OffsetOf(10), PairRig.GrainBytes).Fill(9);
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));
    });

    private static Task RestoredAsync(AsyncRig rig) => rig.DelayAsync(TimeSpan.FromSeconds(10));
}

using MirrorTools.Engine.Events;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>What site 1 knows after a restart .</summary>
public sealed class RestartTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Rule("A-11")]
    [Rule("P-4")]
    public void It_restarts_with_what_was_out_of_sync_on_its_way_and_recorded_and_no_more(bool isKilled, bool losesPower) => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            byte[] committed = rig.Content(rig.A);
            await rig.StallAsync();
            await rig.WriteAsync(10, 2, 3);
            await rig.UntilAsync(() => Task.FromResult(rig.TimesSent(10) == 2));
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.WriteAsync(30, 3);
            Assert.True(rig.Source.Maps.Sent[10]);
            Assert.True(rig.Source.Maps.OutOfSync[12]);
            Assert.False(rig.Source.Maps.OutOfSync[30]);

            // Its regions go cold: from then on the maps alone know.
            await rig.DelayAsync(TimeSpan.FromSeconds(10));
            if (isKilled)
            {
                rig.KillSite1(losesPower);
            }
            else
            {
                await rig.Source.DisposeAsync();
            }

            await rig.OpenSourceAsync();
            await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10, 11, 12, 30);
            await rig.AssertGrainsAsync(SourceMapKind.ChangeRecording);
            Assert.Equal(SourceState.InDoubt, (await rig.Source.GetStatusAsync()).State);

            // Hosts are served before the other site is asked.
            await rig.WriteAsync(31, 4);
            await rig.ConnectAsync();
            await rig.DrainedAsync();
            Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromSeconds(2) });

    // A page of the map that was never written says that all of it is out of sync, whatever the log says: so the page is written first, and a restart shows that it is.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("A-11")]
    public void Regions_that_were_hot_at_a_crash_are_out_of_sync(bool losesPower) => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            await rig.DelayAsync(TimeSpan.FromSeconds(10));
            rig.KillSite1(losePower: true);
            await rig.OpenSourceAsync();
            await rig.AssertGrainsAsync(SourceMapKind.OutOfSync);

            // Now the log alone knows, since a region is not cold before its pages are written.
            await rig.WriteAsync(20, 2);
            rig.KillSite1(losesPower);
            await rig.OpenSourceAsync();
            await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, [.. Enumerable.Range(16, 16).Select(static grain => (long)grain)]);
            Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.UncleanStart);
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
            Assert.Equal(rig.Content(rig.A), rig.Content(rig.S));
        },
        prepare: rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromSeconds(2) });

    // The grain is in sync on disk only once its receipt was heard: the disk says so no sooner than the other site has it.
    [Fact]
    [Rule("A-1")]
    [Rule("A-11")]
    public void A_grain_on_its_way_is_out_of_sync_on_disk() => AsyncRig.Run(
        async rig =>
        {
            await rig.SyncAsync();
            rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
            await rig.WriteAsync(10, 2);
            await rig.DelayAsync(TimeSpan.FromSeconds(10));
            Assert.True(rig.Source.Maps.Sent[10]);
            Assert.False(rig.Source.Maps.OutOfSync[10]);
            rig.KillSite1(losePower: true);
            await rig.OpenSourceAsync();
            await rig.AssertGrainsAsync(SourceMapKind.OutOfSync, 10);
        },
        prepare: rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromSeconds(2) });

    // Committed at site 2, and site 1 did not hear of it before it died.
    [Fact]
    [Rule("A-11")]
    [Rule("A-7")]
    public void It_asks_for_the_decided_point_before_the_next_one() => AsyncRig.Run(async rig =>
    {
        await rig.SyncAsync();
        await rig.WriteAsync(10, 2);
        rig.TargetEnd.Swallowed.Add(MirrorMessage.Committed);
        ulong point = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).LastCommitted.Number == point);
        rig.KillSite1(losePower: true);
        await rig.OpenSourceAsync();
        Assert.NotEqual(point, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        await rig.ConnectAsync();
        Assert.Equal(point, (await rig.Source.GetStatusAsync()).LastCommitted.Number);
        Assert.True(await rig.CycleAsync() > point);
    });
}

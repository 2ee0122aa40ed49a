using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Recovery at site 2: the committed image is there at once, writable, and stays (F-16).</summary>
public sealed class RecoveryTests
{
    [Fact]
    [Rule("F-16")]
    public void A_recovered_image_is_writable_at_once_and_a_write_restores_its_grain_first() => FlashcopyRig.Run(async rig =>
    {
        (byte[] committed, MirrorSource recovered) = await rig.FailOverAsync();
        Assert.False((await recovered.SnapshotAsync(SourceMapKind.InB))[2]);
        byte[] half = new byte[512];
        half.AsSpan().Fill(9);
        await recovered.Volume.WriteAsync(rig.Geometry.OffsetOf(2) + 1024, half, WriteOptions.None, CancellationToken.None);
        half.CopyTo(committed.AsSpan((int)rig.Geometry.OffsetOf(2) + 1024));
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));

        rig.C.Faults.Repair();
        await rig.UntilAsync(() => Task.FromResult(committed.AsSpan().SequenceEqual(rig.Content(rig.D))));
        Assert.Equal(committed, await rig.ReadImageAsync(recovered.Volume));
    });

    [Fact]
    [Rule("F-16")]
    public void A_recovery_write_that_does_not_restore_its_grain_first_is_seen() => FlashcopyRig.Run(
        async rig =>
        {
            (byte[] committed, MirrorSource recovered) = await rig.FailOverAsync();
            byte[] half = new byte[512];
            half.AsSpan().Fill(9);
            await recovered.Volume.WriteAsync(rig.Geometry.OffsetOf(2) + 1024, half, WriteOptions.None, CancellationToken.None);
            half.CopyTo(committed.AsSpan((int)rig.Geometry.OffsetOf(2) + 1024));
            await rig.DelayAsync(TimeSpan.FromMinutes(2));
            Assert.NotEqual(committed, await rig.ReadImageAsync(recovered.Volume));
        },
        prepare: rig => rig.Faults = new MirrorFaults { WriteUnrestoredGrains = true });

    [Theory]
    [Rule("F-16")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_recovered_site_that_loses_power_keeps_what_its_hosts_flushed(int seed) => FlashcopyRig.Run(
        async rig =>
        {
            (byte[] expected, MirrorSource recovered) = await rig.FailOverAsync();
            rig.C.Faults.Repair();
            for (int grain = 0; grain < 8; grain += 2)
            {
                await rig.FillAsync(recovered.Volume, grain, 9);
                expected.AsSpan((int)rig.Geometry.OffsetOf(grain), FlashcopyRig.GrainBytes).Fill(9);
            }

            await recovered.Volume.FlushAsync(CancellationToken.None);
            rig.KillSite2(losePower: true);
            recovered = await MirrorSource.OpenAsync(rig.Parts2());
            Assert.Equal(expected, await rig.ReadImageAsync(recovered.Volume));
        },
        (ulong)seed);

    [Fact]
    [Rule("F-16")]
    [Rule("P-7")]
    public void A_pinned_image_does_not_hold_a_recovery_up() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        ulong point = await rig.CycleAsync();
        PinnedPoint pin = await rig.Target.PinAsync();
        await rig.WriteAsync(0, 2);
        ulong next = await rig.CycleAsync();
        rig.Cut();
        CommittedPoint recovered = await rig.Target.RecoverAsync(force: true);
        Assert.Equal(next, recovered.Number);
        Assert.Equal(point, pin.Point.Number);
        await pin.DisposeAsync();
    });

    [Fact]
    [Rule("F-16")]
    public void Recovery_is_refused_while_the_source_is_connected() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        PairException refused = await Assert.ThrowsAsync<PairException>(() => rig.Target.RecoverAsync(force: false));
        Assert.Equal(PairError.SourceStillReachable, refused.Error);
        await rig.Target.RecoverAsync(force: true);
    });
}

using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>Faults of the mirror while a recovered volume is restored: hosts are not to feel those that go by (P-8).</summary>
public sealed class RecoveredFaultTests
{
    [Fact]
    [Rule("P-8")]
    [Rule("F-16")]
    public void A_metadata_write_that_fails_once_fails_no_host_write_into_a_grain_that_is_not_restored() => FlashcopyRig.Run(async rig =>
    {
        MirrorSource recovered = await RecoverAsync(rig);
        rig.Metadata2.Faults.FailingWrites = 1;
        rig.C.Faults.Repair();
        await rig.UntilAsync(async () => (await recovered.GetStatusAsync()).State == SourceState.Suspended);

        await rig.FillAsync(recovered.Volume, 5, 9);
        Assert.Equal(9, (await rig.ReadImageAsync(recovered.Volume))[rig.Geometry.OffsetOf(5)]);
        await rig.UntilAsync(() => Task.FromResult(rig.Peek(rig.D, 7) == 3));
    });

    [Fact]
    [Rule("P-8")]
    public void A_metadata_fault_that_stays_is_told_to_the_host_after_a_deadline() => FlashcopyRig.Run(async rig =>
    {
        MirrorSource recovered = await RecoverAsync(rig);
        rig.Metadata2.Faults.FailingWrites = int.MaxValue;
        rig.C.Faults.Repair();
        BlockDeviceException told = await Assert.ThrowsAsync<BlockDeviceException>(() => rig.FillAsync(recovered.Volume, 5, 9));
        Assert.Contains("Get-MirrorEvent", told.Message, StringComparison.Ordinal);
        Assert.Equal(SuspendReason.MetadataFailed, (await recovered.GetStatusAsync()).Suspended);
    });

    // C stands still from the commit on, so that nothing is restored before the fault.
    private static async Task<MirrorSource> RecoverAsync(FlashcopyRig rig)
    {
        await rig.ConnectAsync();
        await rig.WriteAsync(0, 3, 16);
        rig.Transition = (machine, _, what, _) =>
        {
            if (machine == "target" && what == nameof(TargetEvent.Decided))
            {
                rig.C.Faults.ExtraLatency = TimeSpan.FromSeconds(30);
            }
        };
        await rig.CycleAsync();
        rig.KillSite1();
        rig.KillSite2();
        rig.Transition = null;
        MirrorTarget target = await MirrorTarget.OpenAsync(rig.Parts2());
        await target.RecoverAsync(force: true);
        return await MirrorSource.OpenAsync(rig.Parts2());
    }
}

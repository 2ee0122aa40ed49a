using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Pairs;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What tests of failovers have in common.</summary>
internal static class Failover
{
    /// <summary>Two commits, the second of which D does not have yet, and data of an uncommitted point in C; then the link is lost for good, and site 2 takes over.</summary>
    public static async Task<(byte[] Committed, MirrorSource Recovered)> FailOverAsync(this FlashcopyRig rig, bool losePower = true)
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.WriteAsync(0, 2, 10);
        rig.D.Faults.ExtraLatency = TimeSpan.FromSeconds(20);
        ulong point = await rig.CycleAsync();
        byte[] committed = rig.Content(rig.A);
        await rig.WriteAsync(20, 3, 5);
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Completing);
        Assert.Equal(3, rig.Peek(rig.C, 22));
        rig.Cut();
        await rig.DelayAsync(TimeSpan.FromMilliseconds(100));
        if (losePower)
        {
            // D takes nothing while the target is open: the second flashcopy is left to the recovered side.
            rig.KillSite2(losePower: true);
            rig.D.Faults.Repair();
            rig.D.Faults.FailingWrites = int.MaxValue;
            await rig.OpenTargetAsync();
        }

        CommittedPoint recovered = await rig.Target.RecoverAsync(force: false);
        Assert.Equal(point, recovered.Number);
        rig.D.Faults.Repair();

        // The background copy takes its time; a host's write to D would be quicker.
        rig.C.Faults.ExtraLatency = TimeSpan.FromSeconds(20);
        MirrorSource source = await MirrorSource.OpenAsync(rig.Parts2());
        if (!losePower)
        {
            Assert.Equal(committed, await rig.ReadImageAsync(source.Volume));
        }

        return (committed, source);
    }
}

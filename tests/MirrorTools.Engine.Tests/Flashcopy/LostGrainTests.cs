using MirrorTools.Engine.Events;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What an unclean stop of site 2 puts in doubt, and how it comes to count again (F-18, F-21).</summary>
public sealed class LostGrainTests
{
    [Fact]
    [Rule("P-1")]
    [Rule("F-18")]
    [Rule("F-21")]
    public void A_lost_grain_that_came_again_is_in_the_point_although_its_page_was_written_while_it_came() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();

        // The region of grain 3 is hot when the power goes: the grain counts as lost.
        await rig.WriteAsync(3, 2);
        await rig.CycleAsync();
        await rig.SettledAsync();
        rig.KillSite2(losePower: true);
        rig.C.Faults.ExtraLatency = TimeSpan.FromMilliseconds(500);
        await rig.OpenTargetAsync();
        Assert.Contains(rig.Events2, seen => seen.Id == PairEventId.UncleanStart);

        // It comes again, slowly; what is known of the start is written meanwhile, and still says that the grain is lost.
        rig.C.Faults.ExtraLatency = TimeSpan.FromSeconds(2);
        await rig.WriteAsync(3, 3);
        await rig.ConnectAsync();
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(50));
        rig.C.Faults.ExtraLatency = TimeSpan.Zero;
        rig.D.Faults.ExtraLatency = TimeSpan.FromSeconds(20);
        bool isCommitted = false;
        rig.EventSeen = seen =>
        {
            if (seen.Id == PairEventId.PointCommitted && !isCommitted)
            {
                isCommitted = true;
                rig.KillSite2(losePower: true);
            }
        };
        await rig.UntilAsync(() => Task.FromResult(isCommitted));
        rig.D.Faults.ExtraLatency = TimeSpan.Zero;
        await rig.OpenTargetAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });
}

using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Simulation.Disks;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What is durable at site 2 before what, and what a power cut in the middle of a commit leaves (F-9, F-18).</summary>
public sealed class CommitDurabilityTests
{
    [Theory]
    [Rule("F-9")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Power_lost_at_any_disk_operation_of_the_commit_leaves_the_old_point_or_the_new_one_whole(int seed)
    {
        int strike = 0;
        bool struck;
        HashSet<bool> outcomes = [];
        do
        {
            struck = false;
            FlashcopyRig.Run(async rig => struck = await LosePowerAtAsync(rig, strike, outcomes), (ulong)seed, grains: 24);
            strike++;
        }
        while (struck);

        Assert.True(strike > 6, $"Only {strike - 1} operations were struck.");
        Assert.Equal(2, outcomes.Count);
    }

    // Nothing of the point may count as held by C before it is: the pages are the first to say so.
    [Fact]
    [Rule("F-9")]
    [Rule("F-18")]
    public void C_is_flushed_before_a_commit_writes_the_first_page() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        List<string> done = [];
        rig.Transition = (machine, _, _, to) =>
        {
            if (machine == "target" && to == nameof(TargetState.Preparing))
            {
                Assert.NotEqual(0, rig.C.UnsettledSectors);
                rig.Metadata2.Reached = (_, kind) => done.Add($"{kind} with {rig.C.UnsettledSectors} unflushed sectors in C");
            }
        };
        await rig.CycleAsync();
        Assert.NotEmpty(done);
        Assert.All(done, request => Assert.EndsWith(" with 0 unflushed sectors in C", request, StringComparison.Ordinal));
    });

    // True where the strike fell before the commit had ended.
    private static async Task<bool> LosePowerAtAsync(FlashcopyRig rig, int strike, HashSet<bool> outcomes)
    {
        await rig.WriteAsync(0, 1, 24);
        await rig.ConnectAsync();
        ulong first = await rig.CycleAsync();
        byte[] before = rig.Content(rig.A);
        await rig.SettledAsync();
        await rig.WriteAsync(4, 2, 9);
        byte[] after = rig.Content(rig.A);

        int left = -1;
        bool struck = false;
        rig.Transition = (machine, _, _, to) => left = machine == "target" && to == nameof(TargetState.Preparing) ? strike : left;
        foreach (SimDisk disk in (SimDisk[])[rig.C, rig.D, rig.Metadata2, rig.Log2])
        {
            disk.Reached = (_, _) =>
            {
                if (left >= 0 && left-- == 0 && !struck)
                {
                    struck = true;
                    rig.KillSite2(losePower: true);
                }
            };
        }

        ulong second = await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(() => Task.FromResult(struck || rig.Events1.Count(seen => seen.Id == Engine.Events.PairEventId.PointCommitted) == 2));
        if (!struck)
        {
            return false;
        }

        await rig.OpenTargetAsync();
        ulong held = (await rig.Target.GetStatusAsync()).LastCommitted.Number;
        Assert.Contains(held, (ulong[])[first, second]);
        outcomes.Add(held == second);
        Assert.Equal(held == second ? after : before, await rig.ReadImageAsync(rig.Target.Image));

        await rig.ConnectAsync();
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).LastCommitted.Number == second);
        Assert.Equal(after, await rig.ReadImageAsync(rig.Target.Image));
        return true;
    }
}

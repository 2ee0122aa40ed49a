using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Mirroring.Target;
using MirrorTools.Engine.Maps;
using MirrorTools.Simulation.Disks;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>When C may be overwritten by an uncommitted point (F-13, F-14): seen at the instant the bytes change.</summary>
public sealed class OverwriteTests
{
    [Fact]
    [Rule("F-14")]
    public void C_is_overwritten_only_after_the_target_and_then_the_maps_were_flushed() => Assert.Empty(Violations(MirrorFaults.None));

    [Fact]
    [Rule("F-14")]
    public void Overwriting_before_the_target_was_flushed_is_seen() => Assert.NotEmpty(Violations(new MirrorFaults { SkipTargetFlush = true }));

    [Fact]
    [Rule("F-14")]
    public void Overwriting_grains_that_the_target_lacks_is_seen() => Assert.NotEmpty(Violations(new MirrorFaults { OverwriteUnsettledGrains = true }));

    [Fact]
    [Rule("F-14")]
    [Rule("F-18")]
    public void A_region_of_C_is_durably_hot_before_it_is_overwritten() => Assert.Empty(ForgottenOverwrites(MirrorFaults.None));

    [Fact]
    [Rule("F-14")]
    [Rule("F-18")]
    public void Overwriting_a_cold_region_of_C_is_seen() => Assert.NotEmpty(ForgottenOverwrites(new MirrorFaults { ForgetHotRegions = true }));

    [Fact]
    [Rule("F-14")]
    public void Every_overwrite_sets_future2() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.WriteAsync(10, 2, 7);
        rig.SourceEnd.Swallowed.Add(MirrorMessage.Complete);
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.UntilAsync(async () => (await rig.Target.GetStatusAsync()).FutureGrains == 7);
        GrainMap future = await rig.Target.SnapshotAsync(TargetMapKind.Future);
        Assert.All(Enumerable.Range(10, 7), grain => Assert.True(future[grain]));
        Assert.All(Enumerable.Range(10, 7), grain => Assert.Equal(2, rig.Peek(rig.C, grain)));
        Assert.Equal(1, (await rig.ReadImageAsync(rig.Target.Image))[10 * FlashcopyRig.GrainBytes]);
    });

    [Theory]
    [Rule("F-7")]
    [InlineData(false)]
    [InlineData(true)]
    public void No_grain_that_the_target_lacks_has_a_future_mark(bool afterPowerCut) => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.WriteAsync(10, 2, 8);
        rig.D.Faults.ExtraLatency = TimeSpan.FromSeconds(1);
        await rig.CycleAsync();
        if (afterPowerCut)
        {
            // The regions of the grains that D lacks are hot.
            rig.KillSite2(losePower: true);
            await rig.OpenTargetAsync();
            await rig.ConnectAsync();
        }

        Assert.Equal(8, (await rig.Target.GetStatusAsync()).UncopiedGrains);
        int looks = 0;
        rig.Scheduler.BeforeStep = _ =>
        {
            looks++;
            Assert.DoesNotContain(Enumerable.Range(0, 64), grain => rig.Target.Maps.Future[grain] && !rig.Target.Maps.Copied[grain]);
        };
        await rig.WriteAsync(8, 3, 12);
        await rig.CycleAsync();
        rig.Scheduler.BeforeStep = null;
        Assert.True(looks > 20);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-13")]
    public void The_oldest_commit_is_copied_first()
    {
        List<long> order = [];
        FlashcopyRig.Run(
            async rig =>
            {
                await rig.WriteAsync(0, 1, 64);
                await rig.ConnectAsync();
                await rig.CycleAsync();
                await rig.SettledAsync();
                await rig.WriteAsync(40, 2, 10);
                rig.D.Faults.ExtraLatency = TimeSpan.FromSeconds(2);
                await rig.CycleAsync();
                await rig.WriteAsync(0, 3, 10);
                await rig.CycleAsync();
                rig.D.Changed = (offset, _) => order.Add(offset / FlashcopyRig.GrainBytes);
                await rig.SettledAsync();
            });
        Assert.Equal(order.OrderBy(grain => grain < 40), order);
        Assert.Contains(order, grain => grain < 40);
        Assert.Contains(order, grain => grain >= 40);
    }

    [Fact]
    [Rule("F-11")]
    public void The_next_cycle_does_not_wait_for_the_second_flashcopy() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.WriteAsync(0, 2, 5);
        rig.D.Faults.ExtraLatency = TimeSpan.FromMinutes(1);
        await rig.CycleAsync();
        await rig.WriteAsync(40, 3, 5);
        await rig.CycleAsync();

        // What is uncopied from the earlier point stays 0 through the renewal (F-9).
        Assert.Equal(10, (await rig.Target.GetStatusAsync()).UncopiedGrains);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    // The pages of the second commit are not written yet when the power goes: they are renewed as they are read.
    [Fact]
    [Rule("F-11")]
    [Rule("F-9")]
    [Rule("P-1")]
    public void What_the_target_lacks_of_two_commits_is_known_after_a_power_cut() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.SettledAsync();
        await rig.WriteAsync(0, 2, 5);
        rig.D.Faults.ExtraLatency = TimeSpan.FromMinutes(1);
        await rig.CycleAsync();
        await rig.WriteAsync(40, 3, 5);
        await rig.CycleAsync();
        rig.KillSite2(losePower: true);
        rig.D.Faults.Repair();
        await rig.OpenTargetAsync();
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        await rig.SettledAsync();
        Assert.Equal(rig.Content(rig.A), rig.Content(rig.D));
    });

    private static List<string> Violations(MirrorFaults faults)
    {
        List<string> violations = [];
        for (ulong seed = 1; seed <= 4; seed++)
        {
            FlashcopyRig.Run(
                async rig =>
                {
                    await rig.WriteAsync(0, 1, 64);
                    await rig.ConnectAsync();
                    rig.D.Faults.ExtraLatency = TimeSpan.FromMilliseconds(30);
                    await rig.CycleAsync();
                    byte[] committed = rig.Content(rig.A);
                    await rig.WriteAsync(0, 2, 64);
                    int flushedTarget = 0;
                    int flushedMaps = 0;
                    rig.D.Reached = (_, kind) => flushedTarget += kind == "flush" ? 1 : 0;
                    rig.Metadata2.Reached = (_, kind) => flushedMaps += kind == "flush" && (flushedTarget > 0) ? 1 : 0;
                    rig.C.Changed = (offset, length) =>
                    {
                        byte[] durable = new byte[length];
                        rig.D.PeekDurable(offset, durable);
                        if (!durable.AsSpan().SequenceEqual(committed.AsSpan((int)offset, (int)length)))
                        {
                            violations.Add($"Grain {offset / FlashcopyRig.GrainBytes} was overwritten while the target's copy was not durable.");
                        }

                        if (flushedMaps == 0)
                        {
                            violations.Add($"Grain {offset / FlashcopyRig.GrainBytes} was overwritten before the maps were flushed.");
                        }
                    };
                    await rig.Source.StartCycleAsync(supersede: false);
                    await rig.Source.WaitCycleAsync();
                    rig.C.Changed = null;
                },
                seed,
                prepare: rig => rig.Faults = faults);
        }

        return violations;
    }

    private static List<long> ForgottenOverwrites(MirrorFaults faults)
    {
        List<long> forgotten = [];
        for (ulong seed = 1; seed <= 4; seed++)
        {
            FlashcopyRig.Run(
                async rig =>
                {
                    await rig.WriteAsync(0, 1, 64);
                    await rig.ConnectAsync();
                    await rig.CycleAsync();
                    await rig.SettledAsync();
                    await rig.DelayAsync(TimeSpan.FromSeconds(30));
                    await rig.WriteAsync(20, 2, 30);
                    HashSet<long> overwritten = [];
                    bool struck = false;
                    rig.C.Changed = (offset, length) =>
                    {
                        overwritten.UnionWith(Enumerable.Range(0, (int)(length / FlashcopyRig.GrainBytes)).Select(grain => (offset / FlashcopyRig.GrainBytes) + grain));
                        struck = true;
                    };
                    rig.Scheduler.BeforeStep = _ =>
                    {
                        if (struck)
                        {
                            rig.Scheduler.BeforeStep = null;
                            rig.C.Changed = null;
                            rig.KillSite2(losePower: true);
                        }
                    };
                    await rig.Source.StartCycleAsync(supersede: false);
                    await rig.UntilAsync(() => Task.FromResult(rig.SourceEnd.Closed.IsCompleted));
                    await rig.OpenTargetAsync();
                    GrainMap future = await rig.Target.SnapshotAsync(TargetMapKind.Future);
                    forgotten.AddRange(overwritten.Where(grain => !future[grain]));
                },
                seed,
                prepare: rig => rig.Faults = faults);
        }

        return forgotten;
    }
}

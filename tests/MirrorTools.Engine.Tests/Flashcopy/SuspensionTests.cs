using MirrorTools.Engine.Events;
using MirrorTools.Engine.Flashcopy;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Link;
using MirrorTools.Engine.Pairs;
using MirrorTools.Simulation.Disks;
using MirrorTools.Testing;
using Xunit;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>What storages that fail do (F-22, P-7, P-8): mirroring stops with an event that names the cause, hosts go on, the committed image stays; and B on loan (F-29).</summary>
public sealed class SuspensionTests
{
    [Theory]
    [Rule("F-22")]
    [Rule("P-8")]
    [InlineData("A", "flush", SuspendReason.SourceUnreadable)]
    [InlineData("B", "full", SuspendReason.FirstIntermediateFailed)]
    [InlineData("B", "write", SuspendReason.FirstIntermediateFailed)]
    [InlineData("B", "flush", SuspendReason.FirstIntermediateFailed)]
    [InlineData("B", "gone", SuspendReason.FirstIntermediateFailed)]
    [InlineData("B", "hanging", SuspendReason.FirstIntermediateFailed)]
    [InlineData("C", "full", SuspendReason.SecondIntermediateFailed)]
    [InlineData("C", "write", SuspendReason.SecondIntermediateFailed)]
    [InlineData("C", "flush", SuspendReason.SecondIntermediateFailed)]
    [InlineData("D", "full", SuspendReason.TargetFailed)]
    [InlineData("D", "write", SuspendReason.TargetFailed)]
    [InlineData("D", "flush", SuspendReason.TargetFailed)]
    [InlineData("M1", "write", SuspendReason.MetadataFailed)]
    [InlineData("M1", "flush", SuspendReason.MetadataFailed)]
    [InlineData("M2", "flush", SuspendReason.RemoteMetadataFailed)]
    public void A_storage_that_fails_suspends_the_pair_with_its_cause_and_never_a_host(string disk, string fault, SuspendReason reason) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 32);
            await rig.ConnectAsync();
            ulong point = await rig.CycleAsync();
            await rig.SettledAsync();
            byte[] committed = rig.Content(rig.A);
            Fail(DiskOf(rig, disk), fault);
            await rig.WriteAsync(32, 2, 32);
            try
            {
                await rig.Source.StartCycleAsync(supersede: false);
            }
            catch (PairException)
            {
                // Site 1's own metadata.
            }

            for (int round = 0; round < 20; round++)
            {
                DateTimeOffset before = rig.Scheduler.UtcNow;
                await rig.WriteAsync(round % 60, 3, 4);
                Assert.True(rig.Scheduler.UtcNow - before < TimeSpan.FromSeconds(13), $"A host waited {rig.Scheduler.UtcNow - before}.");
                await rig.DelayAsync(TimeSpan.FromMilliseconds(700));
            }

            await rig.UntilAsync(async () =>
            {
                if (rig.SourceEnd.Closed.IsCompleted)
                {
                    rig.Join();
                }

                SourceStatus now = await rig.Source.GetStatusAsync();
                if (now.State == SourceState.Idle)
                {
                    try
                    {
                        await rig.Source.StartCycleAsync(supersede: false);
                    }
                    catch (PairException)
                    {
                        // The suspension was quicker.
                    }
                }

                return rig.Events1.Any(seen => seen.Id == PairEventId.Suspended);
            });
            Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.Suspended && seen.Arguments.Any(argument => argument.Value == reason.ToString()));
            await rig.WriteAsync(5, 4, 3);
            SourceStatus status = await rig.Source.GetStatusAsync();
            Assert.Equal(SourceState.Suspended, status.State);

            if ((await rig.Target.GetStatusAsync()).LastCommitted.Number == point)
            {
                rig.D.Faults.Repair();
                Assert.Equal(committed, await rig.ReadImageAsync(rig.Target.Image));
            }
        },
        prepare: rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromSeconds(3) });

    [Theory]
    [Rule("P-7")]
    [Rule("F-22")]
    [InlineData(nameof(SourceState.ClosingGate))]
    [InlineData(nameof(SourceState.Merging))]
    [InlineData(nameof(SourceState.Copying))]
    [InlineData(nameof(SourceState.Completing))]
    [InlineData(nameof(SourceState.Recording))]
    public void A_fault_that_is_heard_of_in_any_state_suspends_the_pair(string state) => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(0, 2, 9);
        rig.Transition = (machine, _, _, to) =>
        {
            if (machine == "source" && to == state)
            {
                rig.Transition = null;
                rig.TargetEnd.Forge(new PeerMessage(MirrorMessage.TargetFault, 0, (uint)SuspendReason.TargetFailed, 0, 0, 0, Guid.Empty), []);
            }
        };
        rig.A.Faults.ExtraLatency = TimeSpan.FromMilliseconds(40);
        Task slow = rig.WriteAsync(40, 3);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(10));
        await rig.Source.StartCycleAsync(supersede: false);
        await slow;
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).Suspended == SuspendReason.TargetFailed);
        Assert.Equal(SourceState.Suspended, (await rig.Source.GetStatusAsync()).State);
        await rig.WriteAsync(0, 5, 9);
    });

    [Fact]
    [Rule("F-22")]
    public void Without_B_writes_only_clear_the_halves_and_a_resumed_pair_sends_what_changed() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(3, 2);
        rig.B.Faults.IsGone = true;
        await rig.Source.StartCycleAsync(supersede: false);
        await rig.StateAsync(SourceState.Suspended);
        await rig.WriteAsync(10, 3, 2);
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.Future)).CountSet());
        Assert.False(await rig.SourceBitAsync(SourceMapKind.OnC, 10));
        Assert.False(await rig.SourceBitAsync(SourceMapKind.InB, 10));
        Assert.Equal(61, (await rig.Source.SnapshotAsync(SourceMapKind.OnC)).CountSet());

        rig.B.Faults.Repair();
        long sent = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(3, (await rig.Source.GetStatusAsync()).SentGrains - sent);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Theory]
    [Rule("F-22")]
    [Rule("F-29")]
    [Rule("P-2")]
    [InlineData(true)]
    [InlineData(false)]
    public void What_B_held_before_it_failed_or_was_lent_is_not_trusted_after_a_crash(bool lent) => FlashcopyRig.Run(
        async rig =>
        {
            await rig.WriteAsync(0, 1, 64);
            await rig.ConnectAsync();
            await rig.CycleAsync();

            // Grains 8 to 15 get into B but not onto C, and that becomes durable.
            await rig.WriteAsync(8, 2, 8);
            rig.SourceEnd.Swallowed.Add(MirrorMessage.GrainData);
            await rig.Source.StartCycleAsync(supersede: false);
            await rig.UntilAsync(() => rig.SourceBitAsync(SourceMapKind.InB, 15));
            await rig.WriteAsync(40, 1);
            await rig.DelayAsync(TimeSpan.FromSeconds(10));
            await rig.Source.StopCycleAsync();
            if (lent)
            {
                await rig.Source.LendFirstIntermediateAsync();
            }
            else
            {
                rig.B.Faults.IsGone = true;
                await rig.WriteAsync(50, 2);
                await rig.Source.StartCycleAsync(supersede: false);
                await rig.StateAsync(SourceState.Suspended);
                rig.B.Faults.Repair();
            }

            Scribble(rig, rig.B);
            rig.KillSite1(losePower: true);
            await rig.OpenSourceAsync();
            Scribble(rig, rig.B, bit: 5);
            await (lent ? rig.Source.ReturnFirstIntermediateAsync() : rig.Source.ResumeAsync());
            rig.KillSite1(losePower: true);
            await rig.OpenSourceAsync();
            await rig.ConnectAsync();
            await rig.CycleAsync();
            Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
        },
        prepare: rig => rig.Options = rig.Options with { CoolingInterval = TimeSpan.FromSeconds(2) });

    [Fact]
    [Rule("F-22")]
    public void A_write_that_hangs_while_B_fails_is_sent_after_the_resume() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(3, 2);
        rig.A.Faults.ExtraLatency = TimeSpan.FromSeconds(30);
        Task hanging = rig.WriteAsync(20, 7);
        await rig.DelayAsync(TimeSpan.FromMilliseconds(1));
        rig.A.Faults.ExtraLatency = TimeSpan.Zero;
        rig.TargetEnd.Forge(new PeerMessage(MirrorMessage.TargetFault, 0, (uint)SuspendReason.FirstIntermediateFailed, 0, 0, 0, Guid.Empty), []);
        await rig.UntilAsync(async () => (await rig.Source.GetStatusAsync()).Suspended == SuspendReason.FirstIntermediateFailed);
        await hanging;
        await rig.Source.ResumeAsync();
        await rig.ConnectAsync();
        await rig.CycleAsync();
        Assert.Equal(7, rig.Peek(rig.A, 20));
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("F-29")]
    public void B_may_be_lent_between_cycles_and_nothing_is_sent_again() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1, 64);
        await rig.ConnectAsync();
        await rig.CycleAsync();
        await rig.WriteAsync(4, 2);
        await rig.Source.LendFirstIntermediateAsync();
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.InB)).CountSet());
        Assert.Equal(63, (await rig.Source.SnapshotAsync(SourceMapKind.OnC)).CountSet());
        Scribble(rig, rig.B);
        Assert.Equal(PairError.FirstIntermediateLent, (await Assert.ThrowsAsync<PairException>(() => rig.Source.StartCycleAsync(supersede: false))).Error);
        await rig.WriteAsync(9, 3);
        Assert.False(await rig.SourceBitAsync(SourceMapKind.OnC, 9));
        Assert.Equal(0, (await rig.Source.SnapshotAsync(SourceMapKind.Future)).CountSet());
        await rig.Source.ReturnFirstIntermediateAsync();
        await rig.ConnectAsync();
        long sent = (await rig.Source.GetStatusAsync()).SentGrains;
        await rig.CycleAsync();
        Assert.Equal(2, (await rig.Source.GetStatusAsync()).SentGrains - sent);
        Assert.Equal(rig.Content(rig.A), await rig.ReadImageAsync(rig.Target.Image));
    });

    [Fact]
    [Rule("P-8")]
    public void Without_both_places_of_the_log_only_writes_into_cold_regions_fail() => FlashcopyRig.Run(async rig =>
    {
        await rig.WriteAsync(0, 1);
        rig.Log1.Faults.IsGone = true;
        await rig.WriteAsync(32, 1);
        Assert.Contains(rig.Events1, seen => seen.Id == PairEventId.DirtyRegionLogPlaceFailed);
        rig.Metadata1.Faults.IsGone = true;
        await rig.WriteAsync(1, 2);
        await rig.WriteAsync(33, 2);
        await Assert.ThrowsAnyAsync<IOException>(() => rig.WriteAsync(20, 2));
        await rig.WriteAsync(2, 2);
    });

    private static void Scribble(FlashcopyRig rig, SimDisk disk, int bit = 6)
    {
        for (long offset = 0; offset < rig.Geometry.LengthBytes; offset += 512)
        {
            disk.Corrupt(offset, bit);
        }
    }

    private static SimDisk DiskOf(FlashcopyRig rig, string name) => name switch
    {
        "A" => rig.A,
        "B" => rig.B,
        "C" => rig.C,
        "D" => rig.D,
        "M1" => rig.Metadata1,
        _ => rig.Metadata2,
    };

    private static void Fail(SimDisk disk, string fault)
    {
        switch (fault)
        {
            case "full":
                disk.Faults.BudgetBytes = disk.AllocatedBytes;
                break;
            case "write":
                disk.Faults.FailingWrites = int.MaxValue;
                break;
            case "flush":
                disk.Faults.FailingFlushes = int.MaxValue;
                break;
            case "gone":
                disk.Faults.IsGone = true;
                break;
            default:
                disk.Faults.ExtraLatency = TimeSpan.FromHours(2);
                break;
        }
    }
}

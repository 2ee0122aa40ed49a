using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Bitmaps;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Points;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

public sealed class PairLifeTests
{
    [Fact]
    [Rule("F-1")]
    public async Task A_cycle_brings_what_a_host_wrote_to_the_other_agent()
    {
        await using var agents = await TwoAgents.StartAsync();
        var made = await agents.CreateAsync();
        Assert.Equal(("p", "Source", 256L), (made.Name, made.Role, made.GrainCount));
        var recovery = await Assert.ThrowsAsync<MirrorApiException>(() => agents.Two.Client.Recovery.PlanAsync("p", new(), default));
        Assert.Equal(ErrorIds.NoCommittedPoint, recovery.Error.ErrorId);

        await agents.WriteAsync(agents.One, 1 << 20, 0x11);
        var cycle = await agents.CycleAsync();
        Assert.Equal((nameof(CycleState.Committed), "Initial", 256L, 256L), (cycle.State, cycle.Reason, cycle.GrainsTotal, cycle.GrainsDone));
        var image = await agents.Two.Client.Volumes.ReadAsync("p", 1 << 20, 65536, default);
        Assert.True(image.All(value => value == 0x11));
        Assert.Equal(cycle.Number, Assert.Single(await agents.Two.Client.Points.ListAsync("p", default)).Number);

        // Only what changed is copied by the next one.
        await agents.WriteAsync(agents.One, 2 << 20, 0x22);
        var second = await agents.CycleAsync();
        Assert.Equal(1, second.GrainsTotal);

        // A grain of 64 KiB, with its frame and the messages of the commit.
        Assert.InRange(second.BytesOnLink, 65536 + 64, 65536 + 4096);
        var maps = await agents.One.Client.Bitmaps.GetRangesAsync("p", GrainMap.Copied, MirrorSite.Source, 0, 10, default);
        Assert.Equal(256, maps.SetCount);
    }

    [Theory]
    [Rule("F-16")]
    [Rule("F-17")]
    [InlineData(CopyService.Flashcopy)]
    [InlineData(CopyService.AsyncCopy)]
    [Rule("A-9")]
    public async Task After_a_kill_of_the_source_the_committed_image_takes_hosts_and_the_way_back_copies_what_differs(CopyService service)
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.CreateAsync(service);
        await agents.WriteAsync(agents.One, 0, 0x11);
        await agents.CycleAsync();
        await agents.WriteAsync(agents.One, 0, 0x99);
        await agents.One.DisposeAsync();

        await agents.WaitForStateAsync(agents.Two, nameof(PairState.Disconnected));
        var plan = await agents.Two.Client.Recovery.PlanAsync("p", new RecoveryRequest(), default);
        Assert.Equal(("Unreachable", false), (plan.SourceState, plan.ForceNeeded));
        var recovered = await agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest(), default);
        Assert.Equal(plan.Point, recovered.Point);
        Assert.True(recovered.Volume!.Mountable);
        Assert.True((await agents.Two.Client.Volumes.ReadAsync("p", 0, 65536, default)).All(value => value == 0x11));
        await agents.WriteAsync(agents.Two, 5 << 20, 0x33);
        Assert.Equal(nameof(PairState.Recovered), (await agents.Two.Client.Pairs.GetAsync("p", default)).State);

        // The old source comes back, hears of the newer generation, and refuses hosts (P-6).
        await agents.StartOneAsync();
        await agents.WaitForStateAsync(agents.One, nameof(PairState.SplitBrain));
        var refused = await Assert.ThrowsAsync<MirrorApiException>(() => agents.One.Client.Volumes.ReadAsync("p", 0, 512, default));
        Assert.Equal(ErrorIds.VolumeNotMountable, refused.Error.ErrorId);
        var undecided = await Assert.ThrowsAsync<MirrorApiException>(() => agents.One.Client.Pairs.ResumeAsync("p", new(), default));
        Assert.Equal(ErrorIds.SplitBrain, undecided.Error.ErrorId);

        await agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "one" }, default);
        var back = await agents.CycleAsync(agents.Two);
        Assert.Equal(nameof(CycleState.Committed), back.State);
        Assert.True((await agents.One.Client.Volumes.ReadAsync("p", 5 << 20, 65536, default)).All(value => value == 0x33));
        Assert.True((await agents.One.Client.Volumes.ReadAsync("p", 0, 65536, default)).All(value => value == 0x11));

        // The drain of asynchronous copy does not wait for a point: of what differs it may have sent all before.
        Assert.InRange(back.GrainsTotal, service == CopyService.Flashcopy ? 2 : 0, 128);
    }

    [Theory]
    [Rule("F-19")]
    [Rule("P-7")]
    [InlineData(CopyService.Flashcopy)]
    [InlineData(CopyService.AsyncCopy)]
    [Rule("A-11")]
    public async Task Both_agents_may_be_killed_and_go_on(CopyService service)
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.CreateAsync(service);
        await agents.One.Client.Pairs.SetScheduleAsync("p", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default);
        await agents.One.Client.Volumes.MountAsync("p", new MountRequest { Protocol = "Nbd" }, default);
        for (var round = 0; round < 3; round++)
        {
            await agents.WriteAsync(agents.One, round << 20, (byte)(round + 1));
            await agents.One.DisposeAsync();
            await agents.Two.DisposeAsync();
            await agents.StartTwoAsync();
            await agents.StartOneAsync();
            Assert.Single((await agents.One.Client.Volumes.GetAsync("p", default)).Attachments);
            var grown = round;
            await Eventually.TrueAsync(
                async () => (await agents.Two.Client.Pairs.GetAsync("p", default)).CommittedPoint is not null
                    && (await agents.Two.Client.Volumes.ReadAsync("p", grown << 20, 512, default))[0] == grown + 1,
                "what was written before the kill is committed");
        }
    }

    [Theory]
    [InlineData(CopyService.Flashcopy)]
    [InlineData(CopyService.AsyncCopy)]
    public async Task A_suspended_pair_takes_no_cycle_until_it_is_resumed_and_hosts_go_on(CopyService service)
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.CreateAsync(service);
        await agents.CycleAsync();
        Assert.Equal(nameof(PairState.Suspended), (await agents.One.Client.Pairs.SuspendAsync("p", default)).State);
        await agents.WriteAsync(agents.One, 0, 0x44);
        var error = await Assert.ThrowsAsync<MirrorApiException>(() => agents.One.Client.Cycles.StartAsync("p", new(), default));
        Assert.Equal(ErrorIds.PairSuspended, error.Error.ErrorId);
        Assert.Contains("Resume-MirrorPair", error.Error.RecommendedAction);
        await agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
        Assert.Equal(nameof(CycleState.Committed), (await agents.CycleAsync()).State);
        Assert.Equal(0x44, (await agents.Two.Client.Volumes.ReadAsync("p", 0, 512, default))[0]);
        var events = (await agents.One.Client.Events.ListAsync(0, 1000, default)).Items;
        Assert.Contains(events, item => item is { Name: "PairSuspended", Pair: "p", Actor.Length: > 0 });
    }

    [Theory]
    [InlineData(CopyService.Flashcopy)]
    [InlineData(CopyService.AsyncCopy)]
    public async Task A_committed_point_is_exported_into_an_image_file(CopyService service)
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.CreateAsync(service);
        await agents.WriteAsync(agents.One, 3 << 20, 0x55);
        var cycle = await agents.CycleAsync();
        var path = agents.At(2, "export.img");
        var operation = await agents.Two.Client.Points.ExportAsync("p", cycle.Number, new ExportPointRequest { Path = path, Sparse = true }, default);
        await Eventually.TrueAsync(async () => (await agents.Two.Client.Operations.GetAsync(operation.Id, default)).State == "Succeeded", "the export ends");
        Command.Run("cmp", agents.Source, path);
        var again = await Assert.ThrowsAsync<MirrorApiException>(
            () => agents.Two.Client.Points.ExportAsync("p", cycle.Number, new ExportPointRequest { Path = path }, default));
        Assert.Equal(ErrorIds.FileExists, again.Error.ErrorId);
    }

    [Theory]
    [InlineData(CopyService.Flashcopy)]
    [InlineData(CopyService.AsyncCopy)]
    public async Task A_removed_pair_leaves_its_source_and_takes_the_rest_where_it_is_told_to(CopyService service)
    {
        await using var agents = await TwoAgents.StartAsync();
        var pair = await agents.CreateAsync(service);
        await agents.CycleAsync();
        var inUse = await Assert.ThrowsAsync<MirrorApiException>(() => agents.One.Client.Trusts.RemoveAsync("two", default));
        Assert.Equal(ErrorIds.TrustInUse, inUse.Error.ErrorId);
        await agents.One.Client.Pairs.RemoveAsync("p", deleteData: true, default);
        Assert.True(File.Exists(pair.Source));
        Assert.Equal([agents.Source], Directory.GetFiles(Path.GetDirectoryName(agents.Source)!));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(agents.Target)!));
        Assert.Empty(await agents.Two.Client.Pairs.ListAsync(default));

        // The name and the storages are free again.
        await agents.CreateAsync(service);
    }

    [Fact]
    public async Task A_changed_pair_keeps_its_settings_and_its_new_name_on_both_agents()
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.CreateAsync();
        await agents.One.Client.Pairs.SetAsync("p", new SetPairRequest { NewName = "sales", WritePolicy = nameof(WritePolicy.Hold), WriteDeadlineMs = 777 }, default);
        await agents.One.KillAsync();
        await agents.StartOneAsync();
        foreach (var agent in new[] { agents.One, agents.Two })
        {
            var pair = await agent.Client.Pairs.GetAsync("SALES", default);
            Assert.Equal(("sales", "Hold", 777L), (pair.Name, pair.WritePolicy, pair.WriteDeadlineMs));
        }
    }

    [SkippableFact]
    public async Task The_other_programs_of_NBD_see_the_mirrored_volume_and_its_maps()
    {
        Skip.IfNot(Command.Exists("nbdinfo") && Command.Exists("qemu-io"), "needs nbdinfo and qemu-io");
        await using var agents = await TwoAgents.StartAsync();
        await agents.CreateAsync();
        await agents.CycleAsync();
        var attachment = await agents.One.Client.Volumes.MountAsync("p", new MountRequest { Protocol = "Nbd" }, default);
        Assert.Equal("700", Command.Run("stat", "-c", "%a", Path.GetDirectoryName(attachment.SocketPath)!).Trim());
        Command.Run("qemu-io", "-f", "raw", "-c", "write -P 0x66 1M 64k", "-c", "flush", attachment.Uri);
        Assert.Contains("mirrortools:copied", Command.Run("nbdinfo", attachment.Uri));
        Assert.Matches(@"1048576 +65536 +1", Command.Run("nbdinfo", "--map=mirrortools:future", attachment.Uri));
        await agents.CycleAsync();
        Assert.Equal(0x66, (await agents.Two.Client.Volumes.ReadAsync("p", 1 << 20, 512, default))[0]);
        var refused = await Assert.ThrowsAsync<MirrorApiException>(() => agents.Two.Client.Volumes.MountAsync("p", new(), default));
        Assert.Equal(ErrorIds.VolumeNotMountable, refused.Error.ErrorId);
    }
}

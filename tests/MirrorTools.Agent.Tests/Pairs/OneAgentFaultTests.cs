using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A storage or a metadata file under a pair is lost, cut short, full or written by somebody else: the pair says so, and hosts go on where they can.</summary>
public sealed class OneAgentFaultTests : OneAgentTests
{
    [Fact]
    [Rule("P-7")]
    [Rule("P-8")]
    public async Task A_side_that_is_lost_beside_the_source_on_one_agent_keeps_no_host_away()
    {
        await Agent.Client.Pairs.CreateAsync(Request(), default);
        await WriteAsync(0, 1 << 20, 1);
        await CycleAsync();
        await Agent.TerminateAsync();
        File.Delete(Files["p.target.mirror"]);
        Agent = await AgentProcess.StartAsync(Files["state"]);
        var pair = await Agent.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Disconnected), ErrorIds.MetadataCorrupt), (pair.State, pair.StateErrorId));
        Assert.Contains("Resume-MirrorPair -DiscardChangesOn Target", pair.RecommendedAction);
        await WriteAsync(1 << 20, 1 << 20, 2);
        await ErrorAsync(ErrorIds.MetadataCorrupt, () => Agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default));
        await Agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "Target" }, default);
        await Eventually.TrueAsync(async () => (await Agent.Client.Pairs.GetAsync("p", default)).State == nameof(PairState.Idle), "the comparison ends");
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());
        Assert.Equal(1, (await Agent.Client.Volumes.ReadAsync("p.CommittedImage", 0, 512, default))[0]);
        Assert.Equal(2, (await Agent.Client.Volumes.ReadAsync("p.CommittedImage", 1 << 20, 512, default))[0]);
    }

    [Fact]
    public async Task A_truncated_image_and_a_corrupt_metadata_file_keep_a_side_closed_and_say_why()
    {
        await Agent.Client.Pairs.CreateAsync(Request(), default);
        await Agent.KillAsync();
        Command.Run("truncate", "-s", "1M", Files["d"]);
        Agent = await AgentProcess.StartAsync(Files["state"]);
        var pair = await Agent.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Disconnected), ErrorIds.ImageTruncated), (pair.State, pair.StateErrorId));
        await Agent.KillAsync();
        Command.Run("truncate", "-s", "4M", Files["d"]);
        File.WriteAllBytes(Files["p.source.mirror"], new byte[new FileInfo(Files["p.source.mirror"]).Length]);
        Agent = await AgentProcess.StartAsync(Files["state"]);
        pair = await Agent.Client.Pairs.GetAsync("p", default);
        Assert.Equal((nameof(PairState.Failed), ErrorIds.MetadataCorrupt), (pair.State, pair.StateErrorId));
        Assert.Contains("New-MirrorPair -Seeded", pair.RecommendedAction);
    }

    [SkippableFact]
    [Rule("F-22")]
    [Rule("P-8")]
    public async Task A_full_disk_under_B_suspends_the_pair_with_an_event_and_hosts_go_on()
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(1 << 20);
        var request = Request();
        request.FirstIntermediate = Path.Combine(small.Path, "b");
        request.MetadataPath = Files.Path;
        await Agent.Client.Pairs.CreateAsync(request, default);
        await WriteAsync(0, 2 << 20, 1);
        await Agent.Client.Cycles.StartAsync("p", new StartCycleRequest(), default);
        await Eventually.TrueAsync(
            async () => (await Agent.Client.Pairs.GetAsync("p", default)).State == nameof(PairState.Suspended), "the pair is suspended");
        await WriteAsync(2 << 20, 2 << 20, 2);
        var events = (await Agent.Client.Events.ListAsync(0, 100, default)).Items;
        Assert.Contains(events, item => item.Name == "PairSuspendedByFault" && item.Message.Contains("space", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("Resume-MirrorPair", (await Agent.Client.Pairs.GetAsync("p", default)).RecommendedAction);
    }

    [SkippableFact]
    [Rule("P-7")]
    public async Task A_full_disk_under_D_suspends_the_pair_and_a_resume_goes_on_once_there_is_room()
    {
        Skip.IfNot(Command.IsRoot, "mounting a tmpfs needs root");
        using var small = new SmallFileSystem(1 << 20);
        var request = Request();
        request.Target = Path.Combine(small.Path, "d");
        request.SecondIntermediate = Files["c"];
        request.TargetMetadataPath = Files.Path;
        await Agent.Client.Pairs.CreateAsync(request, default);
        await CycleAsync();
        await WriteAsync(0, 3 << 20, 1);
        await CycleAsync();
        await Eventually.TrueAsync(
            async () => (await Agent.Client.Pairs.GetAsync("p", default)).State == nameof(PairState.Suspended), "the pair is suspended");
        var pair = await Agent.Client.Pairs.GetAsync("p", default);
        Assert.Contains("Resume-MirrorPair", pair.RecommendedAction);

        // What was committed is there all the same: it is in C.
        Assert.Equal(1, (await Agent.Client.Volumes.ReadAsync("p.CommittedImage", 2 << 20, 512, default))[0]);
        Command.Run("mount", "-o", "remount,size=8m", small.Path);
        await Agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
        await WriteAsync(3 << 20, 1 << 20, 2);
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());
        Assert.Equal(2, (await Agent.Client.Volumes.ReadAsync("p.CommittedImage", 3 << 20, 512, default))[0]);
    }

    [Fact]
    public async Task A_source_that_was_written_while_the_agent_was_stopped_is_compared_before_anything_is_trusted()
    {
        await Agent.Client.Pairs.CreateAsync(Request(), default);
        await WriteAsync(0, 1 << 20, 1);
        await CycleAsync();
        await Agent.TerminateAsync();
        using (var foreign = File.OpenWrite(Files["a"]))
        {
            foreign.Position = 2 << 20;
            foreign.Write(new byte[] { 7 });
        }

        Agent = await AgentProcess.StartAsync(Files["state"]);
        await Eventually.TrueAsync(
            async () => (await Agent.Client.Events.ListAsync(0, 100, default)).Items.Any(item => item.Name == "Compared"), "the comparison ends");
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());
        Assert.Equal(7, (await Agent.Client.Volumes.ReadAsync("p.CommittedImage", 2 << 20, 512, default))[0]);
    }
}

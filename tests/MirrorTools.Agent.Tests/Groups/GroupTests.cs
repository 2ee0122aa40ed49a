using System.Text.RegularExpressions;
using MirrorTools.Agent.Tests.Pairs;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>Consistency groups as an admin has them: one point for several pairs, and who may be in a group.</summary>
public sealed partial class GroupTests
{
    [Fact]
    [Rule("F-2")]
    [Rule("F-9")]
    public async Task A_cycle_of_one_pair_is_a_cycle_of_its_group_and_both_agents_show_it()
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.PairAsync("p");
        await agents.PairAsync("q");
        var made = await agents.GroupAsync("p", "q");
        Assert.Equal(["p", "q"], made.Pairs);
        Assert.Equal((nameof(GroupState.Complete), "one", "two"), (made.State, made.SourceAgent, made.TargetAgent));
        Assert.Equal(["p", "q"], Assert.Single(await agents.Two.Client.Groups.ListAsync(default)).Pairs);

        await agents.One.Client.Volumes.WriteAsync("q", 0, [.. Enumerable.Repeat((byte)7, 4096)], 0, 4096, default);
        var point = await agents.One.CycleAsync("q", "p");
        Assert.Equal(point, (await agents.Two.Client.Pairs.GetAsync("p", default)).CommittedPoint);
        Assert.Equal(point, (await agents.Two.Client.Pairs.GetAsync("q", default)).CommittedPoint);
        Assert.Equal((await agents.Two.Client.Pairs.GetAsync("p", default)).CommittedPointTime, (await agents.Two.Client.Pairs.GetAsync("q", default)).CommittedPointTime);
        Assert.Equal("g", (await agents.One.Client.Pairs.GetAsync("q", default)).Group);
    }

    [Fact]
    [Rule("F-10")]
    public async Task A_group_runs_by_its_leads_schedule_and_outlives_a_kill_of_its_agents()
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.PairAsync("p", "g");
        await agents.PairAsync("q", "g");
        await agents.One.Client.Pairs.SetScheduleAsync("q", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default);
        Assert.Equal(nameof(ScheduleKind.Continuous), (await agents.One.Client.Groups.GetAsync("G", default)).Schedule!.Kind);
        await agents.One.Client.Volumes.WriteAsync("q", 0, [.. Enumerable.Repeat((byte)7, 4096)], 0, 4096, default);
        await Eventually.TrueAsync(async () => (await agents.Two.Client.Pairs.GetAsync("q", default)).CommittedPoint > 0, "a commit by the schedule");
        await agents.One.KillAsync();
        await agents.Two.KillAsync();
        await agents.StartTwoAsync();
        await agents.StartOneAsync();
        var before = (await agents.One.Client.Pairs.GetAsync("p", default)).CommittedPoint;
        await agents.One.Client.Volumes.WriteAsync("p", 0, [.. Enumerable.Repeat((byte)8, 4096)], 0, 4096, default);
        await Eventually.TrueAsync(async () => (await agents.Two.Client.Pairs.GetAsync("q", default)).CommittedPoint > (before ?? 0), "a commit after the restart");

        // Cycles go on by themselves, and a pair finds its moment between two.
        await agents.PairAsync("r", "g");
        await Eventually.TrueAsync(async () => (await agents.Two.Client.Pairs.GetAsync("r", default)).CommittedPoint > 0, "a commit of the new member");
        Assert.Equal(["p", "q", "r"], (await agents.One.Client.Groups.GetAsync("g", default)).Pairs);
    }

    [Fact]
    [Rule("F-9")]
    [Rule("F-16")]
    public async Task Pairs_within_one_agent_are_a_group_too_and_come_back_at_one_point()
    {
        await using var agents = await TwoAgents.StartAsync();
        var client = agents.One.Client;
        foreach (var name in (string[])["p", "q"])
        {
            await client.Pairs.CreateAsync(
                new NewPairRequest { Name = name, Source = agents.At(1, name + ".img"), Target = agents.At(2, name + ".img"), SizeBytes = 4 << 20, Group = "g" }, default);
        }

        var point = await agents.One.CycleAsync("p", "q");
        await agents.One.KillAsync();
        await agents.StartOneAsync();
        foreach (var name in (string[])["q", "p"])
        {
            Assert.Equal(point, (await agents.One.Client.Recovery.InvokeAsync(name, new RecoveryRequest { Force = true }, default)).Point);
        }
    }

    [Fact]
    public async Task Pairs_join_and_leave_between_cycles_with_no_host_connected()
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.PairAsync("p");
        await agents.PairAsync("q");
        await agents.PairAsync("r");
        await agents.GroupAsync("p", "q");
        await ThrowsAsync(ErrorIds.GroupExists, agents.GroupAsync("r"));
        await ThrowsAsync(ErrorIds.PairInGroup, agents.One.Client.Groups.CreateAsync(new NewGroupRequest { Name = "h", Pairs = ["q", "r"] }, default));
        await ThrowsAsync(ErrorIds.PairInGroup, agents.One.Client.Pairs.RemoveAsync("q", false, default));
        await ThrowsAsync(ErrorIds.GroupNotFound, agents.One.Client.Groups.GetAsync("h", default));
        await ThrowsAsync(ErrorIds.PairNotFound, agents.One.Client.Groups.SetAsync("g", new SetGroupRequest { Remove = ["r"] }, default));
        await ThrowsAsync(ErrorIds.InvalidArgument, agents.One.Client.Groups.SetAsync("g", new SetGroupRequest { Remove = ["p", "q"] }, default));
        await ThrowsAsync(ErrorIds.PairNotHere, agents.Two.Client.Groups.SetAsync("g", new SetGroupRequest { Add = ["r"] }, default));
        await ThrowsAsync(ErrorIds.PairNameInvalid, agents.One.Client.Groups.CreateAsync(new NewGroupRequest { Name = "a b", Pairs = ["r"] }, default));
        await using (await agents.One.AttachAsync("p"))
        {
            await ThrowsAsync(ErrorIds.VolumeInUse, agents.One.Client.Groups.SetAsync("g", new SetGroupRequest { Add = ["r"] }, default));
            await ThrowsAsync(ErrorIds.VolumeInUse, agents.PairAsync("s", "g"));
        }

        await ThrowsAsync(ErrorIds.PairNotFound, agents.One.Client.Pairs.GetAsync("s", default));
        Assert.Equal(["p", "q"], (await agents.One.Client.Groups.GetAsync("g", default)).Pairs);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await agents.One.Client.Groups.SetAsync("g", new SetGroupRequest { NewName = "G2", Add = ["r"], Remove = ["p"] }, default)).Pairs is ["q", "r"];
            }
            catch (MirrorApiException busy) when (busy.Error.ErrorId == ErrorIds.VolumeInUse)
            {
                // The agent notices a moment later that the host has gone.
                return false;
            }
        }, "the group changes");
        Assert.Equal("G2", (await agents.Two.Client.Pairs.GetAsync("r", default)).Group);
        Assert.Null((await agents.Two.Client.Pairs.GetAsync("p", default)).Group);
        var point = await agents.One.CycleAsync("r", "q");
        Assert.NotEqual(point, (await agents.One.Client.Pairs.GetAsync("p", default)).CommittedPoint);
        await agents.One.CycleAsync("p");

        await agents.One.Client.Groups.RemoveAsync("G2", default);
        Assert.Empty(await agents.One.Client.Groups.ListAsync(default));
        await agents.One.CycleAsync("q");
        Assert.Equal(point, (await agents.One.Client.Pairs.GetAsync("r", default)).CommittedPoint);
        await agents.One.Client.Pairs.RemoveAsync("q", false, default);
    }

    [Fact]
    public async Task A_group_takes_another_name_with_hosts_connected_and_while_a_cycle_runs()
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.PairAsync("p", "g");
        await agents.PairAsync("q", "g");
        await using (await agents.One.AttachAsync("p"))
        {
            Assert.Equal(["p", "q"], (await agents.One.Client.Groups.SetAsync("g", new SetGroupRequest { NewName = "shop" }, default)).Pairs);
        }

        Assert.Equal("shop", (await agents.Two.Client.Pairs.GetAsync("q", default)).Group);
        await agents.One.KillAsync();

        // An agent of an older version says nothing of places.
        var index = Path.Combine(agents.One.State, "pairs.json");
        var written = await File.ReadAllTextAsync(index);
        Assert.Equal(2, Places().Count(written));
        await File.WriteAllTextAsync(index, Places().Replace(written, ""));
        await agents.StartOneAsync();
        Assert.Equal(["p", "q"], (await agents.One.Client.Groups.GetAsync("shop", default)).Pairs);
        await agents.One.CycleAsync("p", "q");
    }

    /// <summary>A disk that was full in the middle of the change left the volumes away, and the schedules standing still.</summary>
    [Fact]
    [Rule("P-8")]
    public async Task A_change_that_can_not_be_written_down_leaves_the_pairs_open_and_as_they_were()
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.PairAsync("p");
        await agents.PairAsync("q");
        var inTheWay = Path.Combine(agents.One.State, "pairs.json.new");
        Directory.CreateDirectory(inTheWay);
        await Assert.ThrowsAsync<MirrorApiException>(() => agents.GroupAsync("p", "q"));
        Assert.Null((await agents.One.Client.Pairs.GetAsync("q", default)).Group);
        await agents.One.Client.Volumes.WriteAsync("q", 0, [.. Enumerable.Repeat((byte)7, 4096)], 0, 4096, default);
        await agents.One.CycleAsync("q");
        Directory.Delete(inTheWay);
        await agents.GroupAsync("p", "q");
        await agents.One.CycleAsync("p", "q");
    }

    [Fact]
    [Rule("F-16")]
    public async Task After_a_recovery_of_all_its_pairs_the_group_goes_on_at_the_other_site()
    {
        await using var agents = await TwoAgents.StartAsync();
        await agents.PairAsync("p", "g");
        await agents.PairAsync("q", "g");
        await agents.One.CycleAsync("p", "q");
        await agents.One.KillAsync();
        await agents.WaitForStateAsync(agents.Two, nameof(PairState.Disconnected));
        Assert.Contains("the group 'g'", Assert.Single((await agents.Two.Client.Recovery.PlanAsync("p", new RecoveryRequest(), default)).Warnings), StringComparison.Ordinal);
        await agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest(), default);
        await agents.Two.Client.Volumes.WriteAsync("p", 0, [.. Enumerable.Repeat((byte)9, 4096)], 0, 4096, default);
        await agents.Two.Client.Recovery.InvokeAsync("q", new RecoveryRequest(), default);
        await agents.StartOneAsync();
        foreach (var pair in (string[])["p", "q"])
        {
            await Eventually.TrueAsync(async () => (await agents.One.Client.Pairs.GetAsync(pair, default)).State == nameof(PairState.SplitBrain), $"{pair} knows that it is old");
            await agents.One.Client.Pairs.ResumeAsync(pair, new ResumePairRequest { DiscardChangesOn = "one" }, default);
        }

        var point = await agents.Two.CycleAsync("p", "q");
        Assert.Equal(point, (await agents.One.Client.Pairs.GetAsync("q", default)).CommittedPoint);
    }

    [GeneratedRegex(""",\s*"places": null""")]
    private static partial Regex Places();

    private static async Task ThrowsAsync(string errorId, Task call) => Assert.Equal(errorId, (await Assert.ThrowsAsync<MirrorApiException>(() => call)).Error.ErrorId);
}

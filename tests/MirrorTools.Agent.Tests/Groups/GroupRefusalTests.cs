using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>What can't be a group over several agents, who may change one, and what a change leaves behind that is broken off.</summary>
public sealed class GroupRefusalTests
{
    [Fact]
    [Rule("A-16")]
    public async Task Agents_that_do_not_trust_each_other_are_named_with_what_helps()
    {
        await using var agents = await ManyAgents.StartAsync(trusting: false, "one", "two", "three", "four");
        await agents.TrustAsync("one", "three");
        await agents.TrustAsync("two", "four");
        await agents.PairAsync("p", "one", "three");
        await agents.PairAsync("q", "two", "four");
        var strangers = await ThrowsAsync(ErrorIds.AgentNotTrusted, agents.GroupAsync("one", "p", "two/q"));
        Assert.Contains("New-MirrorTrust between 'one' and 'two'", strangers.RecommendedAction, StringComparison.Ordinal);
        await agents.TrustAsync("one", "two");
        var copies = await ThrowsAsync(ErrorIds.AgentNotTrusted, agents.GroupAsync("one", "p", "two/q"));
        Assert.Contains("New-MirrorTrust between 'three' and 'four'", copies.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(await agents["one"].Client.Groups.ListAsync(default));
        Assert.Empty(await agents["two"].Client.Groups.ListAsync(default));
        await agents.TrustAsync("three", "four");
        Assert.Equal(nameof(GroupState.Complete), (await agents.GroupAsync("one", "p", "two/q")).State);
    }

    [Fact]
    [Rule("A-16")]
    public async Task A_group_is_changed_at_the_agent_of_its_first_source_and_with_pairs_that_fit()
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three");
        await agents.PairAsync("p", "one", "three");
        await agents.PairAsync("q", "two", "three");
        await agents.PairAsync("r", "two", "three");
        await agents.PairAsync("other", "two", "three", CopyService.AsyncCopy);
        await agents.PairAsync("turned", "three", "two");
        await ThrowsAsync(ErrorIds.PairNotFound, agents.GroupAsync("one", "p", "two/x"));
        await ThrowsAsync(ErrorIds.AgentNotTrusted, agents.GroupAsync("one", "p", "nobody/q"));
        await ThrowsAsync(ErrorIds.InvalidArgument, agents.GroupAsync("one", "p", "two/other"));
        await ThrowsAsync(ErrorIds.PairNotHere, agents.GroupAsync("one", "p", "two/turned"));
        var lead = await ThrowsAsync(ErrorIds.GroupNotHere, agents.GroupAsync("one", "two/q", "p"));
        Assert.Contains("'two'", lead.RecommendedAction, StringComparison.Ordinal);
        await using (await agents["two"].AttachAsync("q"))
        {
            await ThrowsAsync(ErrorIds.VolumeInUse, agents.GroupAsync("one", "p", "two/q"));
        }

        Assert.Null((await agents["one"].Client.Pairs.GetAsync("p", default)).Group);
        Assert.Null((await agents["two"].Client.Pairs.GetAsync("q", default)).Group);
        await Eventually.TrueAsync(async () => (await TryGroupAsync(agents, "p", "TWO/Q"))?.State == nameof(GroupState.Complete), "the group is made once the host has gone");

        await NamesOneAsync(agents["two"].Client.Groups.SetAsync("g", new SetGroupRequest { Add = ["r"] }, default));
        await NamesOneAsync(agents["two"].Client.Groups.RemoveAsync("g", default));
        await NamesOneAsync(agents["two"].Client.Pairs.SetScheduleAsync("q", new ScheduleInfo { Kind = nameof(ScheduleKind.Continuous) }, default));
        await ThrowsAsync(ErrorIds.PairInGroup, agents["two"].Client.Groups.CreateAsync(new NewGroupRequest { Name = "h", Pairs = ["q"] }, default));
        await ThrowsAsync(ErrorIds.PairInGroup, agents["two"].Client.Pairs.RemoveAsync("q", false, default));

        Assert.Equal(["p", "two/q", "two/r"], (await agents["one"].Client.Groups.SetAsync("g", new SetGroupRequest { NewName = "shop", Add = ["two/r"] }, default)).Pairs);
        Assert.Equal(["p", "two/r"], (await agents["one"].Client.Groups.SetAsync("shop", new SetGroupRequest { Remove = ["two/q"] }, default)).Pairs);
        Assert.Null((await agents["two"].Client.Pairs.GetAsync("q", default)).Group);
        Assert.Null((await agents["three"].Client.Pairs.GetAsync("q", default)).Group);
        Assert.Equal("shop", (await agents["three"].Client.Pairs.GetAsync("r", default)).Group);
        await agents["two"].CycleAsync("r");
        await agents["one"].Client.Groups.RemoveAsync("shop", default);
        Assert.Empty(await agents["two"].Client.Groups.ListAsync(default));
        Assert.Empty(await agents["three"].Client.Groups.ListAsync(default));
        await agents["two"].CycleAsync("r");
    }

    [Fact]
    [Rule("A-16")]
    [Rule("P-8")]
    public async Task A_change_that_an_agent_was_away_for_is_finished_by_the_same_command()
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three");
        await agents.PairAsync("p", "one", "three");
        await agents.PairAsync("q", "two", "three");
        await agents.PairAsync("r", "one", "three");

        // The index of two can't be written: it takes part in the checks and fails in the middle of the change.
        var inTheWay = Path.Combine(agents["two"].State, "pairs.json.new");
        Directory.CreateDirectory(inTheWay);
        var broken = await Assert.ThrowsAsync<MirrorApiException>(() => agents.GroupAsync("one", "p", "two/q"));
        Assert.Contains("Set-MirrorGroup -Name 'g'", broken.Error.RecommendedAction, StringComparison.Ordinal);
        Directory.Delete(inTheWay);
        Assert.Equal(nameof(GroupState.Incomplete), (await agents["one"].Client.Groups.GetAsync("g", default)).State);
        await Eventually.TrueAsync(
            async () => (await agents["one"].Client.Groups.GetAsync("g", default)).StateReason?.Contains("Set-MirrorGroup -Name 'g'", StringComparison.Ordinal) == true, "the group says what finishes the change");
        await agents.WriteAsync("one", "p", 3);
        await agents.WriteAsync("two", "q", 3);
        Assert.Equal(nameof(GroupState.Complete), (await agents["one"].Client.Groups.SetAsync("g", new SetGroupRequest(), default)).State);
        await agents["two"].CycleAsync("q");

        // One that is lost for good is left out once it is not trusted any more.
        await agents["two"].KillAsync();
        await ThrowsAsync(ErrorIds.PeerUnreachable, agents["one"].Client.Groups.SetAsync("g", new SetGroupRequest { Remove = ["two/q"] }, default));
        await agents["one"].Client.Trusts.RemoveAsync("two", default);
        Assert.Equal(["p"], (await agents["one"].Client.Groups.SetAsync("g", new SetGroupRequest { Remove = ["two/q"] }, default)).Pairs);
        await agents["one"].CycleAsync("p");
        await agents.StartAsync("two");
        await agents["two"].Client.Trusts.RemoveAsync("one", default);
        await agents["two"].Client.Groups.RemoveAsync("g", default);
        await agents["two"].CycleAsync("q");
    }

    private static async Task NamesOneAsync(Task call) =>
        Assert.Contains("'one'", (await ThrowsAsync(ErrorIds.GroupNotHere, call)).RecommendedAction, StringComparison.Ordinal);

    // The agent notices a moment later that a host has gone.
    private static async Task<GroupInfo?> TryGroupAsync(ManyAgents agents, params string[] pairs)
    {
        try
        {
            return await agents.GroupAsync("one", pairs);
        }
        catch (MirrorApiException busy) when (busy.Error.ErrorId == ErrorIds.VolumeInUse)
        {
            return null;
        }
    }

    private static async Task<ErrorBody> ThrowsAsync(string errorId, Task call)
    {
        var error = (await Assert.ThrowsAsync<MirrorApiException>(() => call)).Error;
        Assert.Equal(errorId, error.ErrorId);
        return error;
    }
}

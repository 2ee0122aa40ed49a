using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A storage of site 2 that was written while its agent was stopped: distrusted, however often the agent starts, until it was compared and a commit has proved it.</summary>
public sealed class StorageChangedTests : IAsyncLifetime
{
    private TwoAgents _agents = null!;

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Theory]
    [Rule("P-5")]
    [Rule("P-7")]
    [InlineData(CopyService.Flashcopy, "C")]
    [InlineData(CopyService.Flashcopy, "D")]
    [InlineData(CopyService.AsyncCopy, "C")]
    [InlineData(CopyService.AsyncCopy, "D")]
    public async Task A_changed_storage_of_site_2_is_not_trusted_at_the_second_start_either(CopyService service, string storage)
    {
        var pair = await _agents.CreateAsync(service);
        await _agents.WriteAsync(_agents.One, 0, 0x11, 1 << 20);
        await _agents.CycleAsync();
        await StopAsync(_agents.One);
        await StopAsync(_agents.Two);
        Tamper(storage == "C" ? pair.SecondIntermediate! : pair.Target!);

        await _agents.StartTwoAsync();
        await _agents.WaitForEventAsync(_agents.Two, "StorageChangedOutside");
        await DistrustedAsync();
        await _agents.Two.DisposeAsync();
        await _agents.StartTwoAsync();
        await DistrustedAsync();
        await StopAsync(_agents.Two);
        await _agents.StartTwoAsync();
        await DistrustedAsync();

        await _agents.StartOneAsync();
        await _agents.WaitForEventAsync(_agents.One, "Compared");
        await _agents.WaitForEventAsync(_agents.One, "ComparisonNeeded");
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync()).State);
        Assert.True((await _agents.Two.Client.Volumes.ReadAsync("p", 0, 1 << 20, default)).All(value => value == 0x11));
        Assert.Null((await _agents.Two.Client.Pairs.GetAsync("p", default)).StateErrorId);
    }

    [Fact]
    [Rule("P-7")]
    public async Task An_admin_may_insist_on_a_changed_copy_where_the_source_is_gone()
    {
        var pair = await _agents.CreateAsync();
        await _agents.CycleAsync();
        await StopAsync(_agents.One);
        await StopAsync(_agents.Two);
        Tamper(pair.Target!);
        await _agents.StartTwoAsync();
        await DistrustedAsync();
        var plan = await _agents.Two.Client.Recovery.PlanAsync("p", new RecoveryRequest(), default);
        Assert.True(plan.ForceNeeded);
        Assert.Contains(plan.Warnings, warning => warning.Contains("written while"));
        await _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Force = true }, default);
        Assert.Equal(0xEE, (await _agents.Two.Client.Volumes.ReadAsync("p", 4096, 512, default))[0]);

        // The way back can't count on the maps: it compares.
        await _agents.StartOneAsync();
        await _agents.WaitForStateAsync(_agents.One, nameof(PairState.SplitBrain));
        await _agents.One.Client.Pairs.ResumeAsync("p", new ResumePairRequest { DiscardChangesOn = "one" }, default);
        await _agents.WaitForEventAsync(_agents.Two, "Compared");
        Assert.Equal(nameof(CycleState.Committed), (await _agents.CycleAsync(_agents.Two)).State);
        Assert.Equal(0xEE, (await _agents.One.Client.Volumes.ReadAsync("p", 4096, 512, default))[0]);
    }

    private async Task DistrustedAsync()
    {
        var seen = await _agents.Two.Client.Pairs.GetAsync("p", default);
        Assert.Equal(ErrorIds.StorageChangedOutside, seen.StateErrorId);
        Assert.Contains("Start-FlashcopyCycle", seen.RecommendedAction);
        var recovery = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.Two.Client.Recovery.InvokeAsync("p", new RecoveryRequest(), default));
        Assert.Equal(ErrorIds.StorageChangedOutside, recovery.Error.ErrorId);
        var read = await Assert.ThrowsAsync<MirrorApiException>(() => _agents.Two.Client.Volumes.ReadAsync("p", 0, 512, default));
        Assert.Equal(ErrorIds.VolumeNotMountable, read.Error.ErrorId);
    }

    private static void Tamper(string path)
    {
        using var foreign = File.OpenWrite(path);
        foreign.Position = 4096;
        foreign.Write(Enumerable.Repeat((byte)0xEE, 4096).ToArray());
    }

    private static async Task StopAsync(AgentProcess agent)
    {
        Assert.Equal(0, await agent.TerminateAsync());
        await agent.DisposeAsync();
    }
}

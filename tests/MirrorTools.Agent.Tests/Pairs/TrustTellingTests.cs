using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Trust;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>What two agents tell their admins of the trust between them.</summary>
public sealed class TrustTellingTests : IAsyncLifetime
{
    private TwoAgents _agents = null!;

    public async Task InitializeAsync() => _agents = await TwoAgents.StartAsync();

    public async Task DisposeAsync() => await _agents.DisposeAsync();

    [Fact]
    public async Task Both_agents_tell_of_the_trust_and_of_its_end_by_name()
    {
        Assert.Contains("'one'", $"'{await PeerOfAsync(_agents.Two, "TrustAdded")}'");
        Assert.Contains("'two'", $"'{await PeerOfAsync(_agents.One, "TrustAdded")}'");
        await _agents.WaitForEventAsync(_agents.Two, "LinkConnected");
        await _agents.Two.Client.Trusts.RemoveAsync("one", default);
        Assert.Equal("one", await PeerOfAsync(_agents.Two, "LinkLost"));

        // The one that is no longer trusted is told what it may be.
        TrustInfo trust = new();
        await Eventually.TrueAsync(
            async () => (trust = (await _agents.One.Client.Trusts.ListAsync(default)).Single()).LastError?.Contains("does not trust this agent any more", StringComparison.Ordinal) == true,
            "the other agent is told");
        Assert.Equal(ErrorIds.PeerUnreachable, trust.LastErrorId);
    }

    [Fact]
    public async Task An_address_that_is_none_makes_no_code()
    {
        var error = (await Assert.ThrowsAsync<MirrorApiException>(() => _agents.One.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest { Address = "nonsense" }, default))).Error;
        Assert.Equal((ErrorIds.InvalidArgument, "nonsense"), (error.ErrorId, error.Target));
        Assert.Contains("host:port", error.RecommendedAction);
    }

    [Fact]
    public async Task A_new_pair_is_shown_connected() => Assert.Equal(nameof(PairState.Idle), (await _agents.CreateAsync()).State);

    private static async Task<string> PeerOfAsync(AgentProcess agent, string name)
    {
        string? peer = null;
        await Eventually.TrueAsync(
            async () => (peer = (await agent.Client.Events.ListAsync(0, 1000, default)).Items.FirstOrDefault(item => item.Name == name)?.Arguments["peer"]) is not null, $"the event {name}");
        return peer!;
    }
}

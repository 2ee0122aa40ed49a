using System.Text;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Trust;
using MirrorTools.Engine.Link;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Groups;

/// <summary>An agent that is trusted, but has no part in a group, asks for what only the group's agents may.</summary>
public sealed class GroupStrangerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    [Rule("A-16")]
    public async Task Changes_nothing_learns_no_choice_and_opens_no_channel()
    {
        await using var agents = await ManyAgents.StartAsync(trusting: true, "one", "two", "three");
        var p = await agents.PairAsync("p", "one", "three");
        var q = await agents.PairAsync("q", "two", "three");
        var group = await agents.GroupAsync("one", "p", "two/q");
        await using var stranger = await LinkAgent.StartAsync("stranger");
        var toTwo = await ConnectAsync(stranger, agents["two"]);
        var toThree = await ConnectAsync(stranger, agents["three"]);

        // A group of q, as it is, behind a lead at the coordinator.
        string Membership(string groupId, string name, Guid coordinator) => $$"""
            {"groupId":"{{groupId}}","isSiteTwo":false,"leaving":[],"membership":{"id":"{{groupId}}","name":"{{name}}","createdAt":"2026-01-01T00:00:00Z","pairs":["{{p.Id}}","{{q.Id}}"],
            "places":{"agents":[{"id":"{{coordinator}}","name":"c"},{"id":"{{IdOf(agents["two"])}}","name":"two"},{"id":"{{IdOf(agents["three"])}}","name":"three"}],
            "pairs":[{"name":"p","site1":0,"site2":2},{"name":"q","site1":1,"site2":2}]} } }
            """;

        await RefusedAsync(ErrorIds.PairInGroup, toTwo, "group.change", Membership(Guid.NewGuid().ToString(), "h", stranger.Id));
        await RefusedAsync(ErrorIds.PairInGroup, toTwo, "group.change", Membership(group.Id, "g", stranger.Id));
        await RefusedAsync(ErrorIds.InvalidArgument, toTwo, "group.change", Membership(group.Id, "g", Guid.NewGuid()));
        await RefusedAsync(ErrorIds.InvalidArgument, toTwo, "group.change", $$"""{"groupId":"{{group.Id}}","isSiteTwo":false,"membership":{"id":"{{group.Id}}","pairs":null},"leaving":[]}""");

        // Pairs that are named as leaving by somebody else than their coordinator stay.
        await toTwo.RequestAsync("group.change", Encoding.UTF8.GetBytes($$"""{"groupId":"{{group.Id}}","isSiteTwo":false,"leaving":["{{q.Id}}"]}"""), Deadline, default);
        Assert.Equal("g", (await agents["two"].Client.Pairs.GetAsync("q", default)).Group);

        await RefusedAsync(
            ErrorIds.PairNotFound, toThree, "group.decision",
            $$"""{"groupId":"{{group.Id}}","isSiteTwo":true,"number":1,"takenAt":"2026-01-01T00:00:00Z","lead":"{{p.Id}}","force":true}""");
        var closed = await Assert.ThrowsAsync<LinkClosedException>(() => toTwo.OpenChannelAsync(Guid.Parse(group.Id), default));
        Assert.Equal(LinkCloseReason.Refused, closed.Reason);
        await agents["two"].CycleAsync("q");
    }

    private static async Task<LinkSession> ConnectAsync(LinkAgent stranger, AgentProcess agent)
    {
        var code = await agent.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), default);
        var peer = await stranger.Trust.JoinAsync(code.Code, [], default);
        return await stranger.Host.Peers.WaitAsync(peer.AgentId, default).InTime();
    }

    private static async Task RefusedAsync(string errorId, LinkSession session, string method, string json) => Assert.Equal(
        errorId, (await Assert.ThrowsAsync<LinkRequestException>(() => session.RequestAsync(method, Encoding.UTF8.GetBytes(json), Deadline, default))).ErrorId);

    private static string IdOf(AgentProcess agent) => MirrorAgentClient.ReadRecord(agent.State)!.AgentId;
}

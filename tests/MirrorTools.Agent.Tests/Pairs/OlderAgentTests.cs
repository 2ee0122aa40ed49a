using MirrorTools.Agent.Pairs;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Trust;
using MirrorTools.Engine.Link.Frames;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A target's agent of an older version: it is not asked for what it would take for something else, and for the rest it does.</summary>
public sealed class OlderAgentTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<CreateSideRequest> _asked = [];
    private LinkAgent _older = null!;
    private AgentProcess _one = null!;
    private AgentProcess _two = null!;

    public async Task InitializeAsync()
    {
        _older = await LinkAgent.StartAsync("older", configure: options =>
        {
            options.Features = LinkFeatures.None;
            options.RequestHandlers[PairMethods.Create] = PeerAnswers.With<CreateSideRequest>((_, request, _) =>
            {
                _asked.Add(request);
                return Task.FromResult<object>(request.Definition.TargetSite with { Intermediate = "/c", Metadata = "/m", RegionLog = "/l" });
            });
            options.RequestHandlers[PairMethods.Update] = PeerAnswers.With<PairDefinition>((_, definition, _) => Task.FromResult<object>(new PairRequest(definition.Id)));
        });
        _one = await StartAsync("one");
        _two = await StartAsync("two");
        var code = await _two.Client.Trusts.CreateCodeAsync(new NewTrustCodeRequest(), default);
        await _one.Client.Trusts.JoinAsync(new JoinTrustRequest { Code = code.Code }, default);
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        await _older.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Rule("P-7")]
    [Rule("A-16")]
    public async Task It_is_asked_for_flashcopy_and_neither_for_a_service_nor_for_a_group_that_it_does_not_know()
    {
        var service = (await Assert.ThrowsAsync<MirrorApiException>(() => CreateAsync(_one, "p", CopyService.AsyncCopy))).Error;
        Assert.Equal(ErrorIds.CopyServiceNotSupported, service.ErrorId);
        Assert.Contains("'older' (version test) does not have the copy service AsyncCopy", service.Message);
        Assert.Contains("Update the agent 'older'", service.RecommendedAction);
        Assert.Empty(_asked);
        Assert.Empty(Directory.GetFiles(_directory["volumes-one"]));

        await CreateAsync(_one, "p", CopyService.Flashcopy);
        await CreateAsync(_two, "q", CopyService.Flashcopy);
        Assert.Equal(["p", "q"], _asked.Select(request => request.Definition.Name));
        var group = (await Assert.ThrowsAsync<MirrorApiException>(
            () => _one.Client.Groups.CreateAsync(new NewGroupRequest { Name = "g", Pairs = ["p", "two/q"] }, default))).Error;
        Assert.Equal(ErrorIds.PeerVersionNotSupported, group.ErrorId);
        Assert.Contains("'older' (version test) does not know consistency groups over several agents", group.Message);
        Assert.Empty(await _one.Client.Groups.ListAsync(default));
        Assert.Empty(await _two.Client.Groups.ListAsync(default));
    }

    private async Task<AgentProcess> StartAsync(string name)
    {
        Directory.CreateDirectory(_directory[$"volumes-{name}"]);
        var agent = await AgentProcess.StartAsync(_directory[$"state-{name}"], "--name", name, "--listen", "127.0.0.1:0");
        await agent.Client.Trusts.JoinAsync(new JoinTrustRequest { Code = _older.Trust.CreateCode([_older.Address]).Code }, default);
        return agent;
    }

    private Task<PairInfo> CreateAsync(AgentProcess agent, string name, CopyService service) => agent.Client.Pairs.CreateAsync(
        new NewPairRequest
        {
            Name = name,
            Service = service.ToString(),
            Source = Path.Combine(_directory[agent == _one ? "volumes-one" : "volumes-two"], name),
            Target = "/d",
            TargetAgent = "older",
            SizeBytes = 1 << 20,
        },
        default);
}

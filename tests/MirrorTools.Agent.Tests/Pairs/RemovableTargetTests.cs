using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Recovery;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Pairs;

/// <summary>A target on a medium that is taken away and comes back: hosts go on, what changed is known, and nothing else is copied.</summary>
public sealed class RemovableTargetTests : OneAgentTests
{
    private const int GrainBytes = 65536;

    [Theory]
    [Rule("A-15")]
    [Rule("P-4")]
    [Rule("P-8")]
    [InlineData(CopyService.AsyncCopy)]
    [InlineData(CopyService.Flashcopy)]
    public async Task A_medium_that_comes_back_gets_what_changed_and_can_be_recovered_elsewhere(CopyService service)
    {
        Directory.CreateDirectory(Files["medium"]);
        var request = Request(target: "medium/d");
        (request.Service, request.GrainSizeBytes) = (service.ToString(), GrainBytes);
        await Agent.Client.Pairs.CreateAsync(request, default);
        await WriteAsync(0, 1 << 20, 1);
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());

        await Agent.TerminateAsync();
        Directory.Move(Files["medium"], Files["away"]);
        Agent = await AgentProcess.StartAsync(Files["state"]);
        await WriteAsync(5 * GrainBytes, 512, 2);
        await WriteAsync(30 * GrainBytes, 512, 3);
        var away = await Agent.Client.Pairs.GetAsync("p", default);
        Assert.NotEqual(nameof(PairState.Idle), away.State);
        Assert.Contains("medium", away.StateReason, StringComparison.Ordinal);

        Directory.Move(Files["away"], Files["medium"]);
        await Agent.Client.Pairs.ResumeAsync("p", new ResumePairRequest(), default);
        await Eventually.TrueAsync(async () => (await Agent.Client.Pairs.GetAsync("p", default)).State == nameof(PairState.Idle), "the medium is in use again");
        Assert.Equal(nameof(CycleState.Committed), await CycleAsync());
        var last = (await Agent.Client.Cycles.ListAsync("p", 1, default))[0];
        Assert.InRange(last.GrainsTotal, 0, 2);

        // What is on the medium is a whole side: it is recovered with the source gone.
        await Agent.TerminateAsync();
        File.Move(Files["a"], Files["lost"]);
        Agent = await AgentProcess.StartAsync(Files["state"]);
        await Agent.Client.Recovery.InvokeAsync("p", new RecoveryRequest { Force = true }, default);
        var image = await Agent.Client.Volumes.ReadAsync("p.CommittedImage", 0, 4 << 20, default);
        Assert.Equal(File.ReadAllBytes(Files["lost"]), image);
    }
}

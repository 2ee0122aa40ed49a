using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Operations;

namespace MirrorTools.Agent.Tests.Disasters;

/// <summary>Waits for long operations of an agent.</summary>
internal static class OperationEnd
{
    /// <summary>Completes when the operation has succeeded.</summary>
    public static async Task ContinueWithEnd(this Task<OperationInfo> started, AgentProcess agent)
    {
        OperationInfo operation = await started;
        await Eventually.TrueAsync(
            async () =>
            {
                operation = await agent.Client.Operations.GetAsync(operation.Id, CancellationToken.None);
                return operation.State != nameof(OperationState.Running);
            },
            "the operation has ended");
        Assert.True(operation.State == nameof(OperationState.Succeeded), operation.Error?.Message);
    }
}

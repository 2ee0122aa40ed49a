using System.Diagnostics;
using System.Management.Automation;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Agents;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Agents;

/// <summary>Stops an agent, and returns when its process has ended. Cycles under way go on when it is started again.</summary>
[Cmdlet(VerbsLifecycle.Stop, "MirrorAgent", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorAgentReference))]
public sealed class StopMirrorAgentCommand : ChangingMirrorCmdlet
{
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(50);

    /// <summary>How long to wait for its end.</summary>
    [Parameter]
    [Duration]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Writes the reference of the agent that was stopped.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Asked.StateDirectory, () =>
    {
        var agent = Asked;
        var info = Ask((client, cancel) => client.Agent.GetAsync(cancel));
        var running = info.RunningCycleCount == 0 ? "No cycle runs." : $"{info.RunningCycleCount} running cycles pause until it is started again.";
        if (!Confirmed(ConfirmImpact.Medium, info.Name, "Stop the mirror agent", () => $"{info.PairCount} {(info.PairCount == 1 ? "pair" : "pairs")}; hosts lose their volumes. {running}"))
        {
            return;
        }

        info = Ask((client, cancel) => client.Agent.StopAsync(cancel));
        WaitForEnd(agent.StateDirectory, info);
        if (PassThru)
        {
            WriteObject(agent);
        }
    });

    private void WaitForEnd(string stateDirectory, AgentInfo info)
    {
        var waited = Stopwatch.StartNew();
        while (MirrorAgentClient.ReadRecord(stateDirectory)?.ProcessId == info.ProcessId || IsAlive(info.ProcessId))
        {
            if (waited.Elapsed > Timeout)
            {
                throw MirrorApiException.Create(
                    ErrorIds.MirrorAgentTimeout,
                    $"The agent '{info.Name}' (process {info.ProcessId}) has not ended within {Timeout.TotalSeconds:0.#} s; it is still stopping.",
                    "Wait and look with Get-MirrorAgent.",
                    nameof(ErrorCategory.OperationTimeout),
                    info.Name);
            }

            Pause(PollPause);
        }
    }

    private static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}

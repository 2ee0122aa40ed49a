using System.Management.Automation;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Cycles;

/// <summary>Takes a consistency point and starts the cycle that brings it to site 2.</summary>
[Cmdlet(VerbsLifecycle.Start, "FlashcopyCycle", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(FlashcopyCycle))]
public sealed class StartFlashcopyCycleCommand : PairTargetCmdlet
{
    /// <summary>Takes a new point although a cycle runs; the running one is never committed.</summary>
    [Parameter]
    public SwitchParameter Supersede { get; set; }

    /// <summary>Writes the cycle.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessPair(string pair)
    {
        var plan = new PlanRequest { Action = nameof(PlanAction.StartCycle), Pair = pair, Supersede = Supersede };
        var action = Supersede ? "Start a cycle in place of the running one" : "Start a cycle";
        if (!Confirmed(ConfirmImpact.Medium, pair, action, () => Numbers(plan)))
        {
            return;
        }

        var body = new StartCycleRequest { Supersede = Supersede };
        var cycle = Ask((client, cancel) => client.Cycles.StartAsync(pair, body, cancel));
        if (PassThru)
        {
            WriteObject(new FlashcopyCycle(cycle, Asked));
        }
    }
}

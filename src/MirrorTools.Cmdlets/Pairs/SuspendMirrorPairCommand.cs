using System.Management.Automation;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Stops the mirroring of a pair; hosts go on, and what they change is recorded.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "MirrorPair", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorPair))]
public sealed class SuspendMirrorPairCommand : PairChangingCmdlet
{
    /// <inheritdoc/>
    protected override void Change(string name)
    {
        var plan = new PlanRequest { Action = nameof(PlanAction.SuspendPair), Pair = name };
        if (Confirmed(ConfirmImpact.Medium, name, "Suspend the pair", () => Numbers(plan)))
        {
            Pass(Ask((client, cancel) => client.Pairs.SuspendAsync(name, cancel)));
        }
    }
}

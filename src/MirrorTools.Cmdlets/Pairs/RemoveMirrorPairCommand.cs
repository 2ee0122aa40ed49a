using System.Management.Automation;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Removes a pair. The source is never touched; B, C and D are deleted only with -DeleteData.</summary>
[Cmdlet(VerbsCommon.Remove, "MirrorPair", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(MirrorPair))]
public sealed class RemoveMirrorPairCommand : PairChangingCmdlet
{
    /// <summary>Deletes B, C and D too.</summary>
    [Parameter]
    public SwitchParameter DeleteData { get; set; }

    /// <inheritdoc/>
    protected override void Change(string name)
    {
        var plan = new PlanRequest { Action = nameof(PlanAction.RemovePair), Pair = name, DeleteData = DeleteData };
        var impact = DeleteData ? ConfirmImpact.High : ConfirmImpact.Medium;
        var action = DeleteData ? "Remove the pair and delete its storages B, C and D" : "Remove the pair and keep its storages";
        if (Confirmed(impact, name, action, () => Numbers(plan)))
        {
            Pass(Ask((client, cancel) => client.Pairs.RemoveAsync(name, DeleteData, cancel)));
        }
    }
}

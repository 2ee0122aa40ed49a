using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Goes on with the mirroring of a suspended pair. After a split brain it gives up the changes of one agent, named.</summary>
[Cmdlet(VerbsLifecycle.Resume, "MirrorPair", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(MirrorPair))]
public sealed class ResumeMirrorPairCommand : PairChangingCmdlet
{
    /// <summary>After a split brain: the agent whose changes are given up. Where the copy's metadata are lost: the copy's agent.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TrustCompleter))]
    public string? DiscardChangesOn { get; set; }

    /// <inheritdoc/>
    protected override void Change(string name)
    {
        var plan = new PlanRequest { Action = nameof(PlanAction.ResumePair), Pair = name, DiscardChangesOn = DiscardChangesOn };
        var impact = DiscardChangesOn is null ? ConfirmImpact.Medium : ConfirmImpact.High;
        var action = DiscardChangesOn is null ? "Resume the pair" : $"Resume the pair and discard the changes on '{DiscardChangesOn}'";
        if (Confirmed(impact, name, action, () => Numbers(plan)))
        {
            var body = new ResumePairRequest { DiscardChangesOn = DiscardChangesOn };
            Pass(Ask((client, cancel) => client.Pairs.ResumeAsync(name, body, cancel)));
        }
    }
}

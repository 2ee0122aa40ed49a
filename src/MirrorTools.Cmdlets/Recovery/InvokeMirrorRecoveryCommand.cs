using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Cycles;
using MirrorTools.Cmdlets.Points;
using MirrorTools.Contracts.Recovery;

namespace MirrorTools.Cmdlets.Recovery;

/// <summary>Recovers pairs at site 2 after site 1 was lost: the committed image takes hosts at once.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "MirrorRecovery", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(MirrorRecovery))]
public sealed class InvokeMirrorRecoveryCommand : PairTargetCmdlet
{
    /// <summary>The point: its number, or an object of Get-ConsistencyPoint; the newest where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Number")]
    [PointNumber]
    [ArgumentCompleter(typeof(PointCompleter))]
    public long? ConsistencyPoint { get; set; }

    /// <summary>Recovers although the source answers or cannot be asked. Both sites may then be written.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessPair(string pair)
    {
        var body = new RecoveryRequest { Point = ConsistencyPoint, Force = Force };
        string Numbers() => RecoveryPlanText.Of(Ask((client, cancel) => client.Recovery.PlanAsync(pair, body, cancel)));
        if (Confirmed(ConfirmImpact.High, pair, $"Recover the pair on the agent '{Asked}'{(Force ? " by force" : "")}", Numbers))
        {
            WriteObject(new MirrorRecovery(Ask((client, cancel) => client.Recovery.InvokeAsync(pair, body, cancel)), Asked));
        }
    }
}

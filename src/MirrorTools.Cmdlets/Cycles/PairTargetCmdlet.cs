using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Cycles;

/// <summary>A cmdlet that changes something of pairs given by name, by object, or by property name.</summary>
public abstract class PairTargetCmdlet : ChangingMirrorCmdlet
{
    /// <summary>Names or ids of pairs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public virtual string[] Pair { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var pair in Pair)
        {
            Attempt(pair, () => ProcessPair(pair));
        }
    }

    /// <summary>Does it for one pair.</summary>
    /// <param name="pair">Its name or id.</param>
    protected abstract void ProcessPair(string pair);

    /// <summary>The consistency group of a pair; null where it is in none.</summary>
    /// <param name="pair">Its name or id.</param>
    protected string? GroupOf(string pair) =>
        Ask((client, cancel) => client.Pairs.GetAsync(pair, cancel)).Group is { Length: > 0 } group ? group : null;

    /// <summary>Asks the agent what an action means.</summary>
    /// <param name="plan">The action.</param>
    protected string Numbers(PlanRequest plan) => PlanText.Of(Ask((client, cancel) => client.Pairs.PlanAsync(plan, cancel)));
}

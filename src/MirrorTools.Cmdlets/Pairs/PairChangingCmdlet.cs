using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Groups;
using MirrorTools.Contracts.Pairs;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>A cmdlet that changes pairs given by name, by object, or by property name.</summary>
public abstract class PairChangingCmdlet : ChangingMirrorCmdlet
{
    /// <summary>Names or ids of pairs.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Pair", "PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[] Name { get; set; } = [];

    /// <summary>Writes the pair as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            Attempt(name, () => Change(name));
        }
    }

    /// <summary>Changes one pair.</summary>
    /// <param name="name">Its name or id.</param>
    protected abstract void Change(string name);

    /// <summary>Asks the agent what an action means.</summary>
    /// <param name="plan">The action.</param>
    protected string Numbers(PlanRequest plan) => PlanText.Of(Ask((client, cancel) => client.Pairs.PlanAsync(plan, cancel)));

    /// <summary>Writes the pair where -PassThru wants it.</summary>
    /// <param name="pair">The pair.</param>
    protected void Pass(PairInfo pair)
    {
        if (PassThru)
        {
            WriteObject(new MirrorPair(pair, Asked));
        }
    }
}

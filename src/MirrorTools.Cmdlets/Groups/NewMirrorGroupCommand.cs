using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Groups;

namespace MirrorTools.Cmdlets.Groups;

/// <summary>Makes a consistency group: pairs whose points are taken at one instant, and committed or given up together.</summary>
[Cmdlet(VerbsCommon.New, "MirrorGroup", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorGroup))]
public sealed class NewMirrorGroupCommand : ChangingMirrorCmdlet
{
    private readonly List<string> _pairs = [];
    private MirrorAgentReference? _agent;
    private bool _isRefused;

    /// <summary>The group's name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>Names or ids of its pairs; the first one leads. A pair with its source at another agent is named AGENT/PAIR.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PairName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[] Pair { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _agent ??= Asked;
        if (Asked.StateDirectory != _agent.StateDirectory)
        {
            _isRefused = true;
            Report(OtherAgent(), Name);
            return;
        }

        _pairs.AddRange(Pair);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // One that was made of some of the pairs only would promise less than what was asked.
        if (_pairs.Count == 0 || _isRefused)
        {
            return;
        }

        // What the pipeline bound is gone by now.
        Agent = _agent;
        Attempt(Name, Make);
    }

    private void Make()
    {
        var body = new NewGroupRequest { Name = Name.Trim(), Pairs = [.. _pairs.Distinct(StringComparer.OrdinalIgnoreCase)] };
        var pairs = string.Join(", ", body.Pairs.Select(pair => $"'{pair}'"));
        if (Confirmed(ConfirmImpact.Medium, body.Name, $"Make a consistency group of the pairs {pairs}, led by the first"))
        {
            WriteObject(new MirrorGroup(Ask((client, cancel) => client.Groups.CreateAsync(body, cancel)), Asked));
        }
    }

    private MirrorApiException OtherAgent() => MirrorErrors.Invalid(
        $"The pairs are of the agents '{_agent}' and '{Asked}', and a group is made at one agent; nothing was made.",
        "Run New-MirrorGroup with pairs of one agent, as Get-MirrorPair -Agent shows them, and name those with their source at another agent AGENT/PAIR.",
        Name);
}

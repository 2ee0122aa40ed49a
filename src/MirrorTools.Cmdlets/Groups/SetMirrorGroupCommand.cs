using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Groups;

namespace MirrorTools.Cmdlets.Groups;

/// <summary>Changes the name or the pairs of a consistency group.</summary>
[Cmdlet(VerbsCommon.Set, "MirrorGroup", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorGroup))]
public sealed class SetMirrorGroupCommand : ChangingMirrorCmdlet
{
    /// <summary>The group's name or id. A pair stands for its group.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Group")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [GroupNames]
    public string Name { get; set; } = "";

    /// <summary>A new name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    /// <summary>Names or ids of pairs that join it; AGENT/PAIR for one with its source at another agent.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[] Add { get; set; } = [];

    /// <summary>Names or ids of pairs that leave it; AGENT/PAIR for one with its source at another agent.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PairCompleter))]
    [PairNames]
    public string[] Remove { get; set; } = [];

    /// <summary>Writes the group as it is afterwards.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Name, () =>
    {
        if (!Confirmed(ConfirmImpact.Medium, Name, Action()))
        {
            return;
        }

        var body = new SetGroupRequest { NewName = NewName?.Trim(), Add = [.. Add], Remove = [.. Remove] };
        var group = Ask((client, cancel) => client.Groups.SetAsync(Name, body, cancel));
        if (PassThru)
        {
            WriteObject(new MirrorGroup(group, Asked));
        }
    });

    private string Action()
    {
        List<string> parts = [];
        if (Add.Length > 0)
        {
            parts.Add($"add {string.Join(", ", Add)}");
        }

        if (Remove.Length > 0)
        {
            parts.Add($"take out {string.Join(", ", Remove)}");
        }

        if (NewName is not null)
        {
            parts.Add($"name it '{NewName}'");
        }

        return parts.Count == 0 ? "Tell all agents of the group again what it is" : $"Change the group ({string.Join("; ", parts)})";
    }
}

using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;

namespace MirrorTools.Cmdlets.Groups;

/// <summary>Dissolves consistency groups; their pairs stay, each with points of its own from then on.</summary>
[Cmdlet(VerbsCommon.Remove, "MirrorGroup", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorGroup))]
public sealed class RemoveMirrorGroupCommand : ChangingMirrorCmdlet
{
    /// <summary>Names or ids of groups. A pair stands for its group.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Group")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [GroupNames]
    public string[] Name { get; set; } = [];

    /// <summary>Writes the group as it was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            Attempt(name, () => Dissolve(name));
        }
    }

    private void Dissolve(string name)
    {
        if (!Confirmed(ConfirmImpact.Medium, name, "Dissolve the group and keep its pairs"))
        {
            return;
        }

        var removed = Ask((client, cancel) => client.Groups.RemoveAsync(name, cancel));
        if (PassThru)
        {
            WriteObject(new MirrorGroup(removed, Asked));
        }
    }
}

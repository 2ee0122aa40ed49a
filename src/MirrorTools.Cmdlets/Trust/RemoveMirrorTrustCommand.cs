using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;

namespace MirrorTools.Cmdlets.Trust;

/// <summary>Ends the trust in an agent.</summary>
[Cmdlet(VerbsCommon.Remove, "MirrorTrust", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorTrust))]
public sealed class RemoveMirrorTrustCommand : ChangingMirrorCmdlet
{
    /// <summary>Names or ids of trusted agents.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TrustCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Writes the trust as it was.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            Attempt(name, () => Remove(name));
        }
    }

    private void Remove(string name)
    {
        if (!Confirmed(ConfirmImpact.Medium, name, $"End the trust of the agent '{Asked}' in the agent"))
        {
            return;
        }

        var removed = Ask((client, cancel) => client.Trusts.RemoveAsync(name, cancel));
        if (PassThru)
        {
            WriteObject(new MirrorTrust(removed, Asked));
        }
    }
}

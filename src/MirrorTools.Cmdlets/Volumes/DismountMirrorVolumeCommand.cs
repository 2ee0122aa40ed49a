using System.Management.Automation;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Takes a volume from hosts. What they flushed is kept; with -Force connected ones are cut off.</summary>
[Cmdlet(VerbsData.Dismount, "MirrorVolume", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MirrorVolume))]
public sealed class DismountMirrorVolumeCommand : VolumeTargetCmdlet
{
    /// <summary>The id of one attachment; all of the volume where not given.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? AttachmentId { get; set; }

    /// <summary>Although hosts are connected.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the volume.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessVolume(string name)
    {
        var id = string.IsNullOrEmpty(AttachmentId) ? null : AttachmentId;
        if (!Confirmed(ConfirmImpact.Medium, name, Force ? "Take the volume from hosts, connected ones too" : "Take the volume from hosts"))
        {
            return;
        }

        var volume = Ask((client, cancel) => client.Volumes.DismountAsync(name, id, Force, cancel));
        if (PassThru)
        {
            WriteObject(new MirrorVolume(volume, Asked));
        }
    }
}

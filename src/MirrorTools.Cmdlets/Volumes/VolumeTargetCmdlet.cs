using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>A cmdlet that does something with volumes given by name, by object, or by property name.</summary>
public abstract class VolumeTargetCmdlet : ChangingMirrorCmdlet
{
    /// <summary>Names or ids of volumes; a pair's name is the volume that hosts see.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Volume")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostVolumeCompleter))]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            Attempt(name, () => ProcessVolume(name));
        }
    }

    /// <summary>Does it for one volume.</summary>
    /// <param name="name">Its name or id.</param>
    protected abstract void ProcessVolume(string name);
}

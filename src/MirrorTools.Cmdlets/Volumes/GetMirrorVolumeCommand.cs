using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Shows the volumes of an agent.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorVolume")]
[OutputType(typeof(MirrorVolume))]
public sealed class GetMirrorVolumeCommand : MirrorCmdlet
{
    /// <summary>Names or ids of volumes; wildcards are allowed. All where not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Volume")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(VolumeCompleter))]
    [Names]
    public string[]? Name { get; set; }

    /// <summary>Only volumes of these roles.</summary>
    [Parameter]
    public VolumeRole[]? Role { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name ?? ["*"])
        {
            Attempt(name, () => Show(name));
        }
    }

    private void Show(string name)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            Write(Ask((client, cancel) => client.Volumes.GetAsync(name, cancel)));
            return;
        }

        var pattern = NamePattern.Of(name);
        foreach (var volume in Ask((client, cancel) => client.Volumes.ListAsync(cancel)).Where(volume => pattern.IsMatch(volume.Name)))
        {
            Write(volume);
        }
    }

    private void Write(VolumeInfo volume)
    {
        if (Role is null || Role.Any(role => string.Equals(role.ToString(), volume.Role, StringComparison.OrdinalIgnoreCase)))
        {
            WriteObject(new MirrorVolume(volume, Asked));
        }
    }
}

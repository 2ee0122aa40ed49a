using System.Collections;
using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts.Volumes;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes names of volumes that hosts can be given.</summary>
public sealed class HostVolumeCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override async Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound)
    {
        var volumes = await AskAsync(bound, (client, cancel) => client.Volumes.ListAsync(cancel)).ConfigureAwait(false);
        return volumes
            .Where(volume => volume.Role is nameof(VolumeRole.Source) or nameof(VolumeRole.CommittedImage))
            .Select(volume => (volume.Name, $"{volume.Role} of {volume.Pair}, {SizeText.Of(volume.SizeBytes)}"));
    }
}

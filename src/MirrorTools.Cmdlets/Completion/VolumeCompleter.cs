using System.Collections;
using MirrorTools.Cmdlets.Display;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes names of volumes.</summary>
public sealed class VolumeCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override async Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound)
    {
        var volumes = await AskAsync(bound, (client, cancel) => client.Volumes.ListAsync(cancel)).ConfigureAwait(false);
        return volumes.Select(volume => (volume.Name, $"{volume.Role} of {volume.Pair}, {SizeText.Of(volume.SizeBytes)}"));
    }
}

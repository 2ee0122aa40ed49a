using System.Collections;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes names of consistency groups.</summary>
public sealed class GroupCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override async Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound)
    {
        var groups = await AskAsync(bound, (client, cancel) => client.Groups.ListAsync(cancel)).ConfigureAwait(false);
        return groups.Select(group => (group.Name, $"{group.State}, {group.SourceAgent} to {group.TargetAgent}: {string.Join(", ", group.Pairs)}"));
    }
}

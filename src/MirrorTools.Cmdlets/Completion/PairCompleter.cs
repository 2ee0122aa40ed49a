using System.Collections;
using MirrorTools.Cmdlets.Display;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes names of pairs.</summary>
public sealed class PairCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override async Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound)
    {
        var pairs = await AskAsync(bound, (client, cancel) => client.Pairs.ListAsync(cancel)).ConfigureAwait(false);
        return pairs.Select(pair => (pair.Name, $"{pair.Service}, {pair.State}, {SizeText.Of(pair.SizeBytes)}, {pair.SourceAgent} to {pair.TargetAgent}"));
    }
}

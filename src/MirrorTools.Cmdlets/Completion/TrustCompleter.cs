using System.Collections;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes names of trusted agents.</summary>
public sealed class TrustCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override async Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound)
    {
        var trusts = await AskAsync(bound, (client, cancel) => client.Trusts.ListAsync(cancel)).ConfigureAwait(false);
        return trusts.Select(trust => (trust.Name, trust.Address ?? trust.AgentId));
    }
}

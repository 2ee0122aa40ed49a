using System.Collections;
using MirrorTools.Cmdlets.Connection;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes names of the agents of this machine that this user knows.</summary>
public sealed class AgentCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound) =>
        Task.FromResult(KnownAgents.Recorded().Select(agent => (agent.AgentName ?? agent.StateDirectory, agent.StateDirectory)));
}

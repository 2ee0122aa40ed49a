using MirrorTools.Contracts.State;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>Which agent is meant: what <c>-Agent</c> takes, and what every object says of where it came from.</summary>
public sealed class MirrorAgentReference
{
    /// <summary>Makes a reference.</summary>
    /// <param name="stateDirectory">The agent's state directory, an absolute path.</param>
    /// <param name="agentName">The agent's name, where it is known.</param>
    public MirrorAgentReference(string stateDirectory, string? agentName = null)
    {
        StateDirectory = stateDirectory;
        AgentName = agentName;
    }

    /// <summary>The agent's state directory, an absolute path.</summary>
    public string StateDirectory { get; }

    /// <summary>The agent's name, where it is known.</summary>
    public string? AgentName { get; }

    /// <summary>The agent that is meant where none is given.</summary>
    public static MirrorAgentReference Default => new(StateDirectories.Discover());

    /// <inheritdoc/>
    public override string ToString() => AgentName ?? StateDirectory;

    /// <summary>The same reference with the name the agent left in its record.</summary>
    internal MirrorAgentReference WithName() =>
        AgentName is null && KnownAgents.TryReadRecord(StateDirectory) is { } record ? new(StateDirectory, record.Name) : this;
}

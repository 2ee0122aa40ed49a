namespace MirrorTools.Agent.Hosting;

/// <summary>Another agent runs on the state directory.</summary>
/// <param name="directory">The state directory.</param>
/// <param name="processId">The other agent's process, where it could be read.</param>
public sealed class StateInUseException(string directory, int? processId) : Exception(
    $"MirrorAgentStateInUse: another agent{(processId is { } id ? $" (process {id})" : "")} runs on the state directory '{directory}'. "
    + "See it with Get-MirrorAgent, stop it with Stop-MirrorAgent, or choose another directory with --state.")
{
    /// <summary>The other agent's process, where it could be read.</summary>
    public int? ProcessId { get; } = processId;
}

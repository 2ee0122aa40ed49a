namespace MirrorTools.Agent.Hosting;

/// <summary>The agent can't start; the message names cause and remedy.</summary>
public sealed class AgentStartException(string message, Exception? innerException = null) : Exception(message, innerException);

namespace MirrorTools.Agent.Commands;

/// <summary>The command line can't be understood; the message says where.</summary>
internal sealed class UsageException(string message) : Exception(message);

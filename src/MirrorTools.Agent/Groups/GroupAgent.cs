namespace MirrorTools.Agent.Groups;

/// <summary>An agent that has sides of a group's pairs.</summary>
/// <param name="Id">The agent.</param>
/// <param name="Name">Its name when the group was made.</param>
public sealed record GroupAgent(Guid Id, string Name);

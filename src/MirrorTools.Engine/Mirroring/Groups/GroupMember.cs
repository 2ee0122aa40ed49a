namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>A pair of a consistency group, and the agent that takes its points.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="AgentId">The agent with the pair's source.</param>
/// <param name="AgentName">What that agent is called, for messages; null for its id.</param>
public readonly record struct GroupMember(Guid PairId, Guid AgentId, string? AgentName = null);

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>How another agent with pairs of the group stands, as this one sees it.</summary>
/// <param name="AgentId">The agent.</param>
/// <param name="IsConnected">True while the two talk about the group.</param>
/// <param name="IsReady">True where it would take part in a point now.</param>
/// <param name="Reason">Why it would not; null where it would.</param>
public sealed record GroupAgentStatus(Guid AgentId, bool IsConnected, bool IsReady, string? Reason);

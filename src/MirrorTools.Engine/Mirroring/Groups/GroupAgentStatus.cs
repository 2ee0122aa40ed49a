using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Groups;

/// <summary>How another agent with pairs of the group stands, as this one sees it.</summary>
/// <param name="AgentId">The agent.</param>
/// <param name="IsConnected">True while the two talk about the group.</param>
/// <param name="IsReady">True where it would take part in a point now.</param>
/// <param name="Reason">Why it would not; null where it would.</param>
/// <param name="Error">The same as an error; null where it would, or has not said yet.</param>
public sealed record GroupAgentStatus(Guid AgentId, bool IsConnected, bool IsReady, string? Reason, PairError? Error = null)
{
    /// <summary>True where it takes part in points, though perhaps not now: while one runs, the next one waits.</summary>
    public bool TakesPart => IsReady || (IsConnected && Error is PairError.CycleRunning or PairError.PointBeingDecided);
}

using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Pairs;

/// <summary>What every side of a pair needs of its agent.</summary>
/// <param name="AgentId">The agent.</param>
/// <param name="Paths">The state directory.</param>
/// <param name="Events">Takes the engine's events.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">For what is no event.</param>
internal sealed record PairEnvironment(Guid AgentId, StatePaths Paths, PairEventBridge Events, TimeProvider Time, ILogger Logger);

namespace MirrorTools.Agent.Pairs.Making;

/// <summary>A pair whose making has begun on this agent and is not known to have come to its end.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="PairName">Its name.</param>
/// <param name="IsSource">True where this agent is site 1, or both sites.</param>
/// <param name="PeerAgentId">At site 1 the other agent from when it is asked to make its side, and null before and where there is none; at site 2 the agent that asked.</param>
/// <param name="Files">What was made here, in that order.</param>
internal sealed record UnfinishedPair(Guid PairId, string PairName, bool IsSource, Guid? PeerAgentId, IReadOnlyList<MadeFile> Files);

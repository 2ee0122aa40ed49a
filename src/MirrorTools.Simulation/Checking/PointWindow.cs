using MirrorTools.Simulation.Hosts;

namespace MirrorTools.Simulation.Checking;

/// <summary>What an outsider knows of a consistency point's t1: it lies between two instants of the history's clock.</summary>
/// <param name="Epoch">The epoch the point was taken in.</param>
/// <param name="Earliest">t1 is not before this instant: what was acknowledged before is in the point.</param>
/// <param name="Latest">t1 is not after this instant: what was issued later is not in the point.</param>
public sealed record PointWindow(HistoryEpoch Epoch, long Earliest, long Latest);

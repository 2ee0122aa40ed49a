namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>How a cycle ended.</summary>
/// <param name="Point">The point's number.</param>
/// <param name="IsCommitted">True where site 2 holds it.</param>
/// <param name="Reason">Why it was not committed; empty where it was.</param>
public readonly record struct CycleOutcome(ulong Point, bool IsCommitted, string Reason);

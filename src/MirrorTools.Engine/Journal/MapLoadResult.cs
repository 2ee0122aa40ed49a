namespace MirrorTools.Engine.Journal;

/// <summary>What loading a map area found.</summary>
/// <param name="LoadedPages">How many pages were read from the disk; the others were never written and keep the maps' initial value.</param>
/// <param name="CorruptPages">Pages of which something was written and no slot is valid: their bits are unknown and kept at the initial value.</param>
/// <param name="HalfPages">Pages with one valid slot beside an invalid one: normal after a power cut, the valid one counts.</param>
public sealed record MapLoadResult(int LoadedPages, IReadOnlyList<int> CorruptPages, IReadOnlyList<int> HalfPages);

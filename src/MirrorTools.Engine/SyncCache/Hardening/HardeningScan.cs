namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>A scan that is under way, for whoever shows it.</summary>
/// <param name="Range">The range.</param>
/// <param name="Number">The scan's number.</param>
/// <param name="State">What it waits for.</param>
/// <param name="Age">How long it has been in that state.</param>
internal readonly record struct HardeningScan(int Range, ulong Number, ScanState State, TimeSpan Age);

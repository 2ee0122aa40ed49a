namespace MirrorTools.Engine.Journal;

/// <summary>One place of a dirty-region log failed.</summary>
/// <param name="Place">0 for the first place, 1 for the second.</param>
/// <param name="Cause">What the device said.</param>
public readonly record struct LogPlaceFailure(int Place, Exception Cause);

namespace MirrorTools.Engine.Pairs;

/// <summary>One period in which one side of a pair was the writable one (F-23).</summary>
/// <param name="Id">The period's identity.</param>
/// <param name="Since">When it began, by the clock of the side that began it.</param>
/// <param name="WritableAgent">The agent whose side was writable.</param>
public readonly record struct Generation(Guid Id, DateTimeOffset Since, Guid WritableAgent);

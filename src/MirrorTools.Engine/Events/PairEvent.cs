namespace MirrorTools.Engine.Events;

/// <summary>Something that happened to a pair: an id and arguments, never a sentence.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="Id">What happened.</param>
/// <param name="At">When, in UTC.</param>
/// <param name="Arguments">Names and invariant texts of what the event's documentation lists.</param>
public sealed record PairEvent(Guid PairId, PairEventId Id, DateTimeOffset At, IReadOnlyList<KeyValuePair<string, string>> Arguments);

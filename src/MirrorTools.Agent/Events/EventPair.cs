namespace MirrorTools.Agent.Events;

/// <summary>The pair that an event is about.</summary>
/// <param name="Id">The pair's id.</param>
/// <param name="Name">Its name at that time.</param>
public sealed record EventPair(Guid Id, string Name);

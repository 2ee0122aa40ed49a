namespace MirrorTools.Agent.Groups;

/// <summary>Where a group's pair is.</summary>
/// <param name="Name">The pair's name when the group was changed last, for agents that do not have the pair.</param>
/// <param name="Site1">The agent of its site 1, by its place in <see cref="GroupPlaces.Agents"/>.</param>
/// <param name="Site2">The agent of its site 2, likewise.</param>
public sealed record GroupPlace(string Name, int Site1, int Site2);

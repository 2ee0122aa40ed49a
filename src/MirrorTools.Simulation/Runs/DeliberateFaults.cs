using MirrorTools.Engine.Flashcopy;

namespace MirrorTools.Simulation.Runs;

/// <summary>The rules of the engine that a run may break on purpose, to show that the checker finds it.</summary>
public static class DeliberateFaults
{
    /// <summary>Their names, for <see cref="SimulationOptions.DeliberateFault"/>.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(FlashcopyFaults).GetProperties().Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name).Order(StringComparer.Ordinal)];
}

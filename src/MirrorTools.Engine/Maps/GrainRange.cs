namespace MirrorTools.Engine.Maps;

/// <summary>A run of neighbouring grains.</summary>
/// <param name="First">The first grain.</param>
/// <param name="Count">How many grains; 0 for an empty run.</param>
public readonly record struct GrainRange(long First, long Count)
{
    /// <summary>The grain after the last one.</summary>
    public long End => First + Count;
}

namespace MirrorTools.Engine.AsyncCopy.Preserving;

/// <summary>A preserved area has too few free slots for what is to be preserved; nothing was written (A-10: the oldest point has to go, or the drain to stop).</summary>
/// <param name="neededSlots">How many grains were to be preserved.</param>
/// <param name="freeSlots">How many slots are free.</param>
internal sealed class AreaFullException(long neededSlots, long freeSlots)
    : IOException($"The preserved area has {freeSlots} free slots; {neededSlots} grains were to be preserved.")
{
    /// <summary>How many grains were to be preserved.</summary>
    public long NeededSlots => neededSlots;

    /// <summary>How many slots are free.</summary>
    public long FreeSlots => freeSlots;
}

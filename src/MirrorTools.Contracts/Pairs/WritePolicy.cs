namespace MirrorTools.Contracts.Pairs;

/// <summary>What a host write to a grain that is still to be copied does first (F-6, F-27, F-30).</summary>
public enum WritePolicy
{
    /// <summary>Copies the present data to B and C first, then writes.</summary>
    CopyOnWrite,

    /// <summary>Waits for the copy; the grain moves to the front of the queue.</summary>
    Hold,

    /// <summary>Waits for the copy; the grain keeps its place in the queue.</summary>
    HoldInOrder,

    /// <summary>Copies the present data to B first, then writes; C gets it from B later.</summary>
    CopyOnWriteLocal,

    /// <summary>Begins a new point that includes the grain as it is written.</summary>
    Merge,
}

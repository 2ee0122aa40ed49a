namespace MirrorTools.Contracts.Cycles;

/// <summary>The state of a cycle.</summary>
public enum CycleState
{
    /// <summary>The first flashcopy runs; waits for its last grain.</summary>
    Copying,

    /// <summary>Every grain is at C (F-8); waits for the commit.</summary>
    Completed,

    /// <summary>Site 2 makes it durable and decides (F-9).</summary>
    Committing,

    /// <summary>The point can be recovered.</summary>
    Committed,

    /// <summary>The point was given up; the one before it stands.</summary>
    GivenUp,

    /// <summary>A newer point took its place before it was complete (F-12).</summary>
    Superseded,
}

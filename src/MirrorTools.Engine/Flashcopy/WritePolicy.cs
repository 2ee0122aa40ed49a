namespace MirrorTools.Engine.Flashcopy;

/// <summary>What an update write does that meets a grain which is still to be copied (F-6, F-27).</summary>
public enum WritePolicy : byte
{
    /// <summary>The present data goes to B first, then the write; C gets the grain from B later, so a host's latency never sees the link.</summary>
    CopyOnWriteLocal,

    /// <summary>The present data goes to B and C first, then the write (figure 7, steps 145 to 156).</summary>
    CopyOnWrite,

    /// <summary>The write waits until the background copy has copied the grain (figure 7, step 157).</summary>
    Hold,

    /// <summary>The write begins a new point that includes its grain (figure 6's further form).</summary>
    Merge,
}

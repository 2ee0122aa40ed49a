namespace MirrorTools.Engine.Link;

/// <summary>Where a frame is on its way out.</summary>
internal enum OutgoingState
{
    /// <summary>Waits for credit.</summary>
    Waiting,

    /// <summary>Has its credit and waits for the sender.</summary>
    Queued,

    /// <summary>The sender has it; it can't be called back.</summary>
    Taken,

    /// <summary>Given up before the sender took it.</summary>
    Dropped,
}

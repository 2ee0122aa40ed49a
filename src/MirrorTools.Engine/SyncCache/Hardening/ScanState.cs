namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>Where the scanner stands with a range.</summary>
internal enum ScanState : byte
{
    /// <summary>No scan is under way; waits until marks of the range are old or many enough.</summary>
    Idle,

    /// <summary><c>ScanStarted</c> is sent; waits for the keeper's acceptance (figure 5, step 74; figure 6, step 92).</summary>
    Announced,

    /// <summary>The keeper has toggled; waits until nothing that its old map speaks of is pending or unhardened (figure 5, step 76; figure 6, step 110).</summary>
    Hardening,
}

/// <summary>What moves a range's scan from state to state.</summary>
internal enum ScanEvent : byte
{
    /// <summary>A scan is due.</summary>
    Started,

    /// <summary>The keeper has accepted it.</summary>
    Accepted,

    /// <summary>Nothing of the old map is left, and the keeper is told so.</summary>
    Completed,

    /// <summary>The session with the keeper is lost, and the scan with it.</summary>
    SessionLost,
}

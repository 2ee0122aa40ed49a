namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>The transitions of <see cref="ScanState"/>.</summary>
internal static class ScanMachine
{
    /// <summary>The state that follows.</summary>
    /// <exception cref="InvalidOperationException">The event can't happen in this state.</exception>
    public static ScanState Next(ScanState state, ScanEvent what) => (state, what) switch
    {
        (ScanState.Idle, ScanEvent.Started) => ScanState.Announced,
        (ScanState.Announced, ScanEvent.Accepted) => ScanState.Hardening,
        (ScanState.Hardening, ScanEvent.Completed) => ScanState.Idle,
        (_, ScanEvent.SessionLost) => ScanState.Idle,
        _ => throw new InvalidOperationException($"A range's scan can't take {what} in state {state}."),
    };
}

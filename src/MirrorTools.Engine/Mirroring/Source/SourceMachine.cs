namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>The transitions of <see cref="SourceState"/>.</summary>
public static class SourceMachine
{
    /// <summary>The state that follows.</summary>
    /// <exception cref="InvalidOperationException">The event can't happen in this state: a defect, which latches the pair as failed.</exception>
    public static SourceState Next(SourceState state, SourceEvent what) => (state, what) switch
    {
        (_, SourceEvent.Break) => SourceState.Failed,
        (SourceState.InDoubt, SourceEvent.DoubtResolved) => SourceState.Idle,
        (SourceState.Idle, SourceEvent.PointRequested) => SourceState.ClosingGate,
        (SourceState.Copying, SourceEvent.PointRequested) => SourceState.ClosingGate,
        (SourceState.ClosingGate, SourceEvent.PointTaken) => SourceState.Merging,
        (SourceState.ClosingGate, SourceEvent.GateTimedOut) => SourceState.GivingUp,
        (SourceState.Merging, SourceEvent.Merged) => SourceState.Copying,
        (SourceState.Copying, SourceEvent.AllCopied) => SourceState.Completing,
        (SourceState.Completing, SourceEvent.Refused) => SourceState.Copying,
        (SourceState.Completing, SourceEvent.Prepared) => SourceState.Prepared,
        (SourceState.Completing or SourceState.Copying or SourceState.Prepared, SourceEvent.Committed) => SourceState.Recording,
        (SourceState.Recording, SourceEvent.Recorded) => SourceState.Idle,
        (SourceState.Copying, SourceEvent.GiveUp) => SourceState.GivingUp,
        (SourceState.Completing or SourceState.Prepared, SourceEvent.GiveUp) => SourceState.GivingUp,
        (SourceState.Idle, SourceEvent.Doubted) => SourceState.InDoubt,
        (SourceState.GivingUp, SourceEvent.GivenUp) => SourceState.Idle,
        (SourceState.Idle or SourceState.InDoubt or SourceState.Lent, SourceEvent.Suspend) => SourceState.Suspended,
        (SourceState.Suspended, SourceEvent.Resume) => SourceState.InDoubt,
        (SourceState.Idle, SourceEvent.Lend) => SourceState.Lent,
        (SourceState.Suspended, SourceEvent.Lend) => SourceState.Lent,
        (SourceState.Lent, SourceEvent.Return) => SourceState.InDoubt,
        _ => throw new InvalidOperationException($"The source's cycle can't take {what} in state {state}."),
    };

    /// <summary>True from the point to its end.</summary>
    public static bool HasPoint(SourceState state) =>
        state is SourceState.Merging or SourceState.Copying or SourceState.Completing or SourceState.Prepared or SourceState.Recording;
}

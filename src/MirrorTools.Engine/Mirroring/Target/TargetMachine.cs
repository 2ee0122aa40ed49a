namespace MirrorTools.Engine.Mirroring.Target;

/// <summary>The transitions of <see cref="TargetState"/>.</summary>
public static class TargetMachine
{
    /// <summary>The state that follows.</summary>
    /// <exception cref="InvalidOperationException">The event can't happen in this state.</exception>
    public static TargetState Next(TargetState state, TargetEvent what) => (state, what) switch
    {
        (TargetState.Waiting or TargetState.Receiving, TargetEvent.PointBegan) => TargetState.Receiving,
        (TargetState.Receiving, TargetEvent.Completed) => TargetState.Preparing,
        (TargetState.Preparing, TargetEvent.Prepared) => TargetState.Prepared,
        (TargetState.Preparing or TargetState.Prepared, TargetEvent.Decided) => TargetState.Committing,
        (TargetState.Preparing, TargetEvent.Refused) => TargetState.Waiting,
        (TargetState.Committing, TargetEvent.Renewed) => TargetState.Waiting,
        (TargetState.Receiving or TargetState.Prepared, TargetEvent.GivenUp) => TargetState.Waiting,
        (not TargetState.Recovered and not TargetState.Faulted, TargetEvent.Fault) => TargetState.Faulted,
        (TargetState.Waiting or TargetState.Faulted, TargetEvent.Recover) => TargetState.Recovered,
        _ => throw new InvalidOperationException($"The target can't take {what} in state {state}."),
    };
}

namespace MirrorTools.Simulation.Runs;

/// <summary>What the state machines of a copy service can do at all, for a comparison with what a run has reached.</summary>
public static class StateMachines
{
    /// <summary>The pairs of state and event that a machine takes, as <see cref="SimulationTotals.Coverage"/> names them.</summary>
    /// <param name="machine">The machine's name.</param>
    /// <param name="next">Its transitions; a pair that it can't take throws <see cref="InvalidOperationException"/>.</param>
    /// <param name="isDefect">Events that are defects: a run that reaches one has failed.</param>
    public static IEnumerable<string> PairsOf<TState, TEvent>(string machine, Func<TState, TEvent, TState> next, Func<TState, TEvent, bool> isDefect)
        where TState : struct, Enum
        where TEvent : struct, Enum =>
        from state in Enum.GetValues<TState>()
        from what in Enum.GetValues<TEvent>()
        where !isDefect(state, what) && Takes(next, state, what)
        select SimulationTotals.PairName(machine, state.ToString(), what.ToString());

    private static bool Takes<TState, TEvent>(Func<TState, TEvent, TState> next, TState state, TEvent what)
    {
        try
        {
            next(state, what);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}

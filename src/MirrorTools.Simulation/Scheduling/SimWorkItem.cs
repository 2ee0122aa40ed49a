namespace MirrorTools.Simulation.Scheduling;

/// <summary>A continuation that is ready to run.</summary>
internal readonly record struct SimWorkItem(SimProcess Process, SendOrPostCallback Callback, object? State, long Sequence)
{
    /// <summary>The name of the async method that goes on, where there is one.</summary>
    public string Describe()
    {
        var target = State is Action action ? action.Target : State;
        var type = target?.GetType();
        if (type is { IsGenericType: true })
        {
            // AsyncStateMachineBox<TResult, TStateMachine>: the last argument names the method
            var machine = type.GetGenericArguments()[^1];
            return $"{machine.DeclaringType?.Name}.{machine.Name}";
        }

        return State is Delegate d ? $"{d.Method.DeclaringType?.Name}.{d.Method.Name}" : type?.Name ?? Callback.Method.Name;
    }
}

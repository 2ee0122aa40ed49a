namespace MirrorTools.Simulation.Faults;

/// <summary>One thing that a plan does: a fault, or an action of a host or an admin.</summary>
/// <param name="Trigger">When.</param>
/// <param name="Verb">What, such as <c>kill</c> or <c>power-off</c>; the scenario says what it knows.</param>
/// <param name="Arguments">To whom and how, such as <c>site2 25ms</c>; words without spaces.</param>
public sealed record FaultAction(FaultTrigger Trigger, string Verb, params IReadOnlyList<string> Arguments)
{
    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static bool TryParse(string line, out FaultAction? action)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        action = words.Length >= 2 && FaultTrigger.TryParse(words[0], out var trigger) ? new FaultAction(trigger, words[1], words[2..]) : null;
        return action is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Trigger} {string.Join(' ', (string[])[Verb, .. Arguments])}";
}

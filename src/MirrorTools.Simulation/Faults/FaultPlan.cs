namespace MirrorTools.Simulation.Faults;

/// <summary>
/// An explicit list of what goes wrong and what people do, a line each. A seed means something else after the code changes; a plan does not, so a case
/// that ever failed is kept as one.
/// </summary>
/// <param name="Actions">What is done, in any order.</param>
public sealed record FaultPlan(IReadOnlyList<FaultAction> Actions)
{
    /// <summary>A plan in which nothing happens.</summary>
    public static FaultPlan Empty { get; } = new([]);

    /// <summary>Reads a plan; empty lines and lines that begin with <c>#</c> are for people.</summary>
    /// <exception cref="FormatException">A line is not an action.</exception>
    public static FaultPlan Parse(string text)
    {
        var actions = new List<FaultAction>();
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            if (!FaultAction.TryParse(line, out var action))
            {
                throw new FormatException($"Not an action of a plan: \"{line}\". A line is a trigger (step:N, time:N.NNs or mark:NAME#N), a verb, and its arguments.");
            }

            actions.Add(action!);
        }

        return new FaultPlan(actions);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Actions);
}

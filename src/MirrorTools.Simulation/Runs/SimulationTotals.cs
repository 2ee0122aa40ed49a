using System.Globalization;

namespace MirrorTools.Simulation.Runs;

/// <summary>What happened in one run or in many.</summary>
public sealed class SimulationTotals
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _coverage = new(StringComparer.Ordinal);

    /// <summary>How many runs it sums up.</summary>
    public long Seeds { get; set; }

    /// <summary>Steps of the scheduler.</summary>
    public long Steps { get; set; }

    /// <summary>Simulated time.</summary>
    public TimeSpan SimulatedTime { get; set; }

    /// <summary>What was counted, by name: writes, points, commits, crashes, power losses, cuts, torn writes, lost sectors, recoveries and more.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>How often each event came in each state of a state machine: <c>machine: state + event</c>; 0 where it can come and did not.</summary>
    public IReadOnlyDictionary<string, long> Coverage => _coverage;

    /// <summary>The count of a name; 0 where nothing was counted.</summary>
    public long this[string name] => _counts.GetValueOrDefault(name);

    /// <summary>Counts something.</summary>
    public void Count(string name, long amount = 1) => _counts[name] = _counts.GetValueOrDefault(name) + amount;

    /// <summary>The pairs that can come and did not.</summary>
    public IEnumerable<string> Unreached => _coverage.Where(static pair => pair.Value == 0).Select(static pair => pair.Key);

    /// <summary>The name of a state and an event in <see cref="Coverage"/>.</summary>
    public static string PairName(string machine, string state, string what) => $"{machine}: {state} + {what}";

    /// <summary>Counts an event of a state machine.</summary>
    public void Cover(string machine, string state, string what) => Cover(PairName(machine, state, what), 1);

    /// <summary>Says what can come, so that what never does is seen.</summary>
    public void Expect(IEnumerable<string> pairs)
    {
        foreach (var pair in pairs)
        {
            Cover(pair, 0);
        }
    }

    /// <summary>Adds another run's totals.</summary>
    public void Add(SimulationTotals other)
    {
        Seeds += other.Seeds;
        Steps += other.Steps;
        SimulatedTime += other.SimulatedTime;
        foreach (var (name, amount) in other._counts)
        {
            Count(name, amount);
        }

        foreach (var (key, amount) in other._coverage)
        {
            Cover(key, amount);
        }
    }

    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Seeds} seeds, {SimulatedTime.TotalHours:F1} simulated hours, {Steps} steps, {string.Join(", ", _counts.Select(c => $"{c.Value} {c.Key}"))}");

    private void Cover(string pair, long amount) => _coverage[pair] = _coverage.GetValueOrDefault(pair) + amount;
}

using System.Globalization;
using MirrorTools.Simulation.Faults;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Agent.Commands;

/// <summary>What <c>mirror-agent simulate</c> is told.</summary>
/// <param name="Service">The copy service.</param>
/// <param name="First">The first seed.</param>
/// <param name="Last">The last seed.</param>
/// <param name="Faults">What may go wrong.</param>
/// <param name="DeliberateFault">The engine's rule that is broken; null for none.</param>
/// <param name="Plan">What goes wrong, explicitly; null lets each seed draw it.</param>
/// <param name="Trace">Where the steps of a seed are written: a file, or "-" for the console; null for nowhere.</param>
/// <param name="Jobs">How many seeds run at once.</param>
/// <param name="ShowsTransitions">Whether the transitions of the state machines are printed.</param>
internal sealed record SimulateOptions(
    string Service, ulong First, ulong Last, FaultKinds Faults, string? DeliberateFault, FaultPlan? Plan, string? Trace, int Jobs, bool ShowsTransitions)
{
    /// <summary>Reads the command's options.</summary>
    /// <exception cref="UsageException">One of them is not understood.</exception>
    public static SimulateOptions Read(string[] arguments)
    {
        var read = new SimulateOptions("Flashcopy", 1, 100, FaultKinds.All, null, null, null, Environment.ProcessorCount, false);
        for (var options = new OptionReader(arguments); options.Next();)
        {
            read = options.Current switch
            {
                "--service" => read with { Service = ServiceOf(options.Text()) },
                "--seeds" => read.WithSeeds(options.Text()),
                "--faults" => read with { Faults = FaultsOf(options.Text()) },
                "--deliberate-fault" => read with { DeliberateFault = DeliberateOf(options.Text()) },
                "--plan" => read with { Plan = PlanOf(options.Text()) },
                "--trace" => read with { Trace = options.Text() },
                "--jobs" => read with { Jobs = options.Number(1, 1024) },
                "--transitions" => read with { ShowsTransitions = true },
                _ => throw options.Unknown(),
            };
        }

        return read.Trace is not null && read.First != read.Last ? throw new UsageException("'--trace' takes one seed: --seeds 91.") : read;
    }

    private SimulateOptions WithSeeds(string text)
    {
        var ends = text.Split("..");
        return ends.Length <= 2 && ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && ulong.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last
                ? this with { First = first, Last = last }
                : throw new UsageException($"'--seeds' takes a seed or a range such as 1..1000, not '{text}'.");
    }

    private static string ServiceOf(string text) => Simulator.Services.ContainsKey(text)
        ? text
        : throw new UsageException($"'{text}' can't be simulated; there are {string.Join(", ", Simulator.Services.Keys)}.");

    private static FaultKinds FaultsOf(string text) => Enum.TryParse<FaultKinds>(text, ignoreCase: true, out var kinds) && (kinds & ~FaultKinds.All) == 0
        ? kinds
        : throw new UsageException($"'--faults' takes names with commas in between, of {string.Join(", ", Enum.GetNames<FaultKinds>())}, not '{text}'.");

    private static string DeliberateOf(string text) => DeliberateFaults.Names.FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw new UsageException($"'--deliberate-fault' takes one of {string.Join(", ", DeliberateFaults.Names)}, not '{text}'.");

    private static FaultPlan PlanOf(string path)
    {
        try
        {
            return FaultPlan.Parse(File.ReadAllText(path));
        }
        catch (FormatException error)
        {
            throw new UsageException($"'{path}' is no plan: {error.Message}");
        }
    }
}

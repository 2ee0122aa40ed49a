using System.Globalization;
using MirrorTools.Simulation.Faults;

namespace MirrorTools.Simulation.Tests;

/// <summary>A run that is kept: its seed, why it is kept, and explicitly what went wrong in it.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Seed">The seed of the scheduler's draws.</param>
/// <param name="Reason">What it is kept for.</param>
/// <param name="Plan">What went wrong and what people did.</param>
internal sealed record KeptPlan(string Name, ulong Seed, string Reason, FaultPlan Plan)
{
    /// <summary>The names of the plans in a folder beside the tests.</summary>
    public static IEnumerable<string> NamesIn(string service, string folder) =>
        Directory.EnumerateFiles(PathOf(service, folder), "*.plan").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>Reads one.</summary>
    public static KeptPlan Read(string service, string folder, string name)
    {
        var text = File.ReadAllText(Path.Combine(PathOf(service, folder), name + ".plan"));
        return new KeptPlan(name, ulong.Parse(Header(text, "seed"), CultureInfo.InvariantCulture), Header(text, "reason"), FaultPlan.Parse(text));
    }

    private static string Header(string text, string key) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith($"# {key}: ", StringComparison.Ordinal))?[(key.Length + 4)..].Trim()
        ?? throw new FormatException($"A kept plan needs a line \"# {key}: ...\".");

    private static string PathOf(string service, string folder) => Path.Combine(AppContext.BaseDirectory, service, folder);
}

using System.Globalization;
using MirrorTools.Simulation.Disks;
using MirrorTools.Simulation.Runs;

namespace MirrorTools.Simulation.Sites;

/// <summary>The verbs that every scenario's plans know.</summary>
public static class FaultVerbs
{
    /// <summary>Says what <c>kill</c>, <c>power-off</c>, <c>blackout</c>, <c>freeze</c>, <c>cut</c>, <c>partition</c>, <c>block</c>, <c>heal</c> and <c>disk</c> do to these sites.</summary>
    /// <param name="run">The world.</param>
    /// <param name="sites">The sites that plans may name.</param>
    /// <param name="struck">Told of a site whose storage is struck.</param>
    public static void Handle(ScenarioRun run, IReadOnlyList<SimSite> sites, Action<SimSite>? struck = null)
    {
        var plan = run.Plan;
        plan.Handle("kill", a => Site(a[0]).Kill(Duration(a, 1)));
        plan.Handle("power-off", a => Site(a[0]).LosePower(Duration(a, 1)));
        plan.Handle("blackout", _ =>
        {
            foreach (var site in sites)
            {
                site.LosePower();
            }
        });
        plan.Handle("freeze", a => Site(a[0]).Freeze(Duration(a, 1) ?? TimeSpan.FromSeconds(1)));
        plan.Handle("cut", a =>
        {
            run.Totals.Count("cuts");
            run.Network.Cut(a[0], a[1]);
        });
        plan.Handle("heal", a => run.Network.Heal(a[0], a[1]));
        plan.Handle("block", a =>
        {
            run.Totals.Count("one-way cuts");
            run.Network.Block(a[0], a[1]);
            HealLater(a);
        });
        plan.Handle("partition", a =>
        {
            run.Totals.Count("partitions");
            run.Network.Partition(a[0], a[1]);
            HealLater(a);
        });
        plan.Handle("disk", a =>
        {
            run.Totals.Count("storage faults");
            var site = sites.Single(s => s.Disks.Any(d => d.Name == a[0]));
            struck?.Invoke(site);
            Strike(run, site.Disks.Single(d => d.Name == a[0]), a);
        });

        SimSite Site(string name) => sites.Single(s => s.Name == name);

        void HealLater(IReadOnlyList<string> a)
        {
            if (Duration(a, 2) is { } duration)
            {
                run.Scheduler.Schedule(duration, () => run.Network.Heal(a[0], a[1]), "heal");
            }
        }
    }

    /// <summary>Writes a duration as plans have it, such as <c>250ms</c>.</summary>
    public static string Text(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalMilliseconds}ms");

    private static void Strike(ScenarioRun run, SimDisk disk, IReadOnlyList<string> arguments)
    {
        var faults = disk.Faults;
        var count = arguments.Count > 2 && int.TryParse(arguments[2], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 1;
        switch (arguments[1])
        {
            case "fail-writes":
                faults.FailingWrites += count;
                break;
            case "fail-reads":
                faults.FailingReads += count;
                break;
            case "corrupt-reads":
                faults.CorruptReads++;
                faults.SkippedReads = count;
                break;
            case "fail-flushes":
                faults.FailingFlushes += count;
                break;
            case "full":
                faults.BudgetBytes = disk.AllocatedBytes;
                break;
            case "gone":
                faults.IsGone = true;
                break;
            case "stall":
                faults.ExtraLatency = Duration(arguments, 2) ?? TimeSpan.FromSeconds(1);
                break;
            case "repair":
                faults.Repair();
                break;
            default:
                throw new FormatException($"A disk can't \"{arguments[1]}\".");
        }

        var until = arguments.Count > 3 ? Duration(arguments, 3) : null;
        if (until is { } duration)
        {
            run.Scheduler.Schedule(duration, faults.Repair, $"repair {disk.Name}");
        }
    }

    internal static TimeSpan? Duration(IReadOnlyList<string> arguments, int index)
    {
        if (arguments.Count <= index)
        {
            return null;
        }

        var text = arguments[index];
        var (unit, number) = text.EndsWith("ms", StringComparison.Ordinal) ? (0.001, text[..^2]) : (1.0, text.TrimEnd('s'));
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? TimeSpan.FromSeconds(amount * unit)
            : throw new FormatException($"\"{text}\" is not a duration such as 250ms or 3s.");
    }
}

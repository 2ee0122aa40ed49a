using MirrorTools.Simulation.Hosts;

namespace MirrorTools.Simulation.Sync;

/// <summary>
/// Whether what reads of several nodes showed has one order with the writes, each at an instant between its beginning and its end: a register with values that are written once is atomic just
/// where no two of its forward zones overlap and no backward zone lies within a forward one (Gibbons and Korach 1997). Sectors of zeros, which many writes make, are left to the weaker check
/// of <see cref="ReadChecker"/>.
/// </summary>
internal sealed class SectorZones
{
    private readonly Dictionary<long, Dictionary<long, Zone>> _sectors = [];

    /// <summary>A read of a sector showed what a write, or the epoch's beginning, has left.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? Add(HistoryEpoch epoch, long sector, HostWrite? shown, long issued, long completed)
    {
        if (!_sectors.TryGetValue(sector, out var zones))
        {
            _sectors[sector] = zones = [];
        }

        var id = shown?.Id ?? 0;
        var zone = zones.TryGetValue(id, out var known) ? known with { End = Math.Min(known.End, completed), Begin = Math.Max(known.Begin, issued) } : new Zone(completed, issued);
        zones[id] = zone;
        var own = Whole(zone, shown, epoch);
        if (own.End >= own.Begin)
        {
            return null;
        }

        // From its first end to its last beginning nothing but this write was there.
        foreach (var write in epoch.WritersOf(0, sector) ?? [])
        {
            if (write.Id != id)
            {
                var other = Whole(zones.GetValueOrDefault(write.Id, new Zone(HostWrite.Never, 0)), write, epoch);
                if (own.End < other.Begin && other.End < own.Begin)
                {
                    return $"volume sector {sector} was {Name(shown)} from {own.End} to {own.Begin}, and {write} was there in between";
                }
            }
        }

        if (id != 0 && zones.TryGetValue(0, out var first) && Whole(first, null, epoch) is var before && before.End < before.Begin && own.End < before.Begin)
        {
            return $"volume sector {sector} showed what it began with, at {before.Begin}, after {shown}";
        }

        return null;
    }

    private static Zone Whole(Zone zone, HostWrite? write, HistoryEpoch epoch) => write is null
        ? new Zone(Math.Min(zone.End, epoch.Began), zone.Begin)
        : new Zone(Math.Min(zone.End, write.Acknowledged), Math.Max(zone.Begin, write.Issued));

    private static string Name(HostWrite? write) => write?.ToString() ?? "as it began";

    /// <summary>The earliest end and the latest beginning of what showed one value, the write of it included.</summary>
    private readonly record struct Zone(long End, long Begin);
}

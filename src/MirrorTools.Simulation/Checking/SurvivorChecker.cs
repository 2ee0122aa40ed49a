using MirrorTools.Simulation.Hosts;

namespace MirrorTools.Simulation.Checking;

/// <summary>What a host was told is durable must be on its volume after any crash of the source.</summary>
public static class SurvivorChecker
{
    /// <summary>Says which durable write is missing from a volume, or null.</summary>
    public static string? Check(HistoryEpoch epoch, int volume, byte[] image)
    {
        for (long sector = 0; sector < image.Length / SectorStamp.Bytes; sector++)
        {
            if (epoch.WritersOf(volume, sector) is not { } writers)
            {
                continue;
            }

            var content = image.AsSpan((int)sector * SectorStamp.Bytes, SectorStamp.Bytes);
            var isZero = content.IndexOfAnyExcept((byte)0) < 0;
            var shown = SectorStamp.TryRead(content, volume, sector, out var id) ? epoch.Find(id, volume, sector) : null;
            foreach (var durable in writers)
            {
                if (IsDurable(epoch, durable) && !IsShownOrReplaced(durable, shown, isZero, writers))
                {
                    return $"{durable} was durable, but volume {volume} sector {sector} shows {SectorStamp.Describe(content)}";
                }
            }
        }

        return null;
    }

    private static bool IsDurable(HistoryEpoch epoch, HostWrite write) =>
        write.Acknowledged != HostWrite.Never && (write.IsForced || write.Acknowledged < epoch.FlushedAt[write.Volume]);

    private static bool IsShownOrReplaced(HostWrite durable, HostWrite? shown, bool isZero, IReadOnlyList<HostWrite> writers) =>
        isZero ? writers.Any(w => w.IsZeroing && !w.IsBefore(durable)) : shown is not null && !shown.IsBefore(durable);
}

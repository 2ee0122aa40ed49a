using MirrorTools.Simulation.Hosts;

namespace MirrorTools.Simulation.Checking;

/// <summary>After any crash of the source what a host was told is durable is on its volume, and what nobody wrote is as it was.</summary>
public static class SurvivorChecker
{
    /// <summary>Says which durable write is missing from a volume, or null.</summary>
    /// <param name="epoch">The epoch that the crash ended.</param>
    /// <param name="volume">The volume's number.</param>
    /// <param name="image">What it shows now.</param>
    /// <param name="mayLoseBase">True where what the epoch began with may itself be lost: a killed process had left it in the cache, and now the power went.</param>
    public static string? Check(HistoryEpoch epoch, int volume, byte[] image, bool mayLoseBase = false)
    {
        for (long sector = 0; sector < image.Length / SectorStamp.Bytes; sector++)
        {
            var content = image.AsSpan((int)sector * SectorStamp.Bytes, SectorStamp.Bytes);
            if (epoch.WritersOf(volume, sector) is not { } writers)
            {
                if (!mayLoseBase && !content.SequenceEqual(epoch.BaseOf(volume, sector)))
                {
                    return $"volume {volume} sector {sector} was not written, but shows {SectorStamp.Describe(content)}, not {SectorStamp.Describe(epoch.BaseOf(volume, sector))}";
                }

                continue;
            }

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
        write.Acknowledged != HostWrite.Never && (write.IsForced || write.IsHardened || write.Acknowledged < epoch.FlushedAt[write.Volume]);

    private static bool IsShownOrReplaced(HostWrite durable, HostWrite? shown, bool isZero, IReadOnlyList<HostWrite> writers) =>
        isZero ? writers.Any(w => w.IsZeroing && !w.IsBefore(durable)) : shown is not null && !shown.IsBefore(durable);
}

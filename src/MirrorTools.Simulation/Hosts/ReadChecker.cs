namespace MirrorTools.Simulation.Hosts;

/// <summary>What a host may read: the newest write that was acknowledged before the read was issued, or one in flight with it.</summary>
internal static class ReadChecker
{
    public static string? Check(HistoryEpoch epoch, int volume, long sector, ReadOnlySpan<byte> content, long issued)
    {
        var writers = epoch.WritersOf(volume, sector) ?? [];
        var isZero = content.IndexOfAnyExcept((byte)0) < 0;
        if (content.SequenceEqual(epoch.BaseOf(volume, sector)) && !writers.Any(w => w.Acknowledged < issued))
        {
            return null;
        }

        var shown = SectorStamp.TryRead(content, volume, sector, out var id) ? epoch.Find(id, volume, sector) : null;
        var isFine = isZero
            ? writers.Any(w => w.IsZeroing && !IsReplaced(w))
            : shown is not null && !IsReplaced(shown);
        return isFine
            ? null
            : $"a read issued at {issued} of volume {volume} sector {sector} shows {SectorStamp.Describe(content)}; it began as {SectorStamp.Describe(epoch.BaseOf(volume, sector))}, writes: {string.Join("; ", writers)}";

        bool IsReplaced(HostWrite write) => writers.Any(w => write.IsBefore(w) && w.Acknowledged < issued);
    }
}

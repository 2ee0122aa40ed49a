namespace MirrorTools.Engine.Journal;

/// <summary>Writes that go on where others ended will need the next regions too: one write of the dirty-region log then serves many of them.</summary>
internal static class MarkAhead
{
    private const long Regions = 16;

    /// <summary>Makes the regions hot, and with a sequential run some beyond them while slots are plenty.</summary>
    public static ValueTask MarkSequentiallyAsync(this DirtyRegionLog log, long firstRegion, long lastRegion, CancellationToken cancellationToken)
    {
        bool isSequential = firstRegion > 0 && log.IsHot(firstRegion - 1) && log.FreeSlots > log.RegionSlots / 2;
        long last = isSequential
            ? Math.Max(lastRegion, Math.Min(firstRegion + Math.Min(Regions, log.MaximumRegionsPerMark) - 1, log.RegionCount - 1))
            : lastRegion;
        return log.MarkHotAsync(firstRegion, last, cancellationToken);
    }
}

using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>Which regions of a volume may change, durably known before they do (F-18), in two places.</summary>
public sealed class DirtyRegionLog
{
    /// <summary>The size of a region in bytes.</summary>
    public long RegionBytes => throw new NotImplementedException();

    /// <summary>How many regions the volume has.</summary>
    public long RegionCount => throw new NotImplementedException();

    /// <summary>True where the log could not be rebuilt at opening: any region may have changed.</summary>
    public bool AllUnknown => throw new NotImplementedException();

    /// <summary>The regions that are not cold; after an unclean stop, those that may differ.</summary>
    public IReadOnlyCollection<long> HotRegions => throw new NotImplementedException();

    /// <summary>How many slots are free.</summary>
    public int FreeSlots => throw new NotImplementedException();

    /// <summary>Called (at most once until cooling makes room) when a caller waits for a slot.</summary>
    public Action? SlotsNeeded { get; set; }

    /// <summary>Called when a place has failed and the log goes on with the other one.</summary>
    public Action<LogPlaceFailure>? PlaceFailed { get; set; }

    /// <summary>Region size and slots for a volume: at most 1024 slots of 4 MiB, less for small volumes, never below a grain.</summary>
    public static (int RegionBytes, int RegionSlots) DefaultFor(GrainGeometry geometry) => throw new NotImplementedException();

    /// <summary>How many bytes the log takes in each place.</summary>
    public static long RequiredLengthBytes(int regionSlots) => throw new NotImplementedException();

    /// <summary>Writes an empty log to both places.</summary>
    public static Task<DirtyRegionLog> CreateAsync(MetadataIdentity identity, LogPlace first, LogPlace second, TimeProvider time, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Opens the log and rebuilds the hot set from the newest valid run of blocks over both places.</summary>
    public static Task<DirtyRegionLog> OpenAsync(MetadataIdentity identity, LogPlace first, LogPlace second, TimeProvider time, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>The region that holds a byte.</summary>
    public long RegionAt(long offsetBytes) => throw new NotImplementedException();

    /// <summary>A region's state.</summary>
    public RegionState StateOf(long region) => throw new NotImplementedException();

    /// <summary>True where the region is hot. Neither waits nor allocates.</summary>
    public bool IsHot(long region) => throw new NotImplementedException();

    /// <summary>True where a write may go ahead: the region is hot, or was cooling and is hot again. Neither waits nor allocates.</summary>
    public bool TryUse(long region) => throw new NotImplementedException();

    /// <summary>Makes regions hot, durably, before it returns.</summary>
    public ValueTask MarkHotAsync(long firstRegion, long lastRegion, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Picks hot regions to cool, least recently marked first.</summary>
    public IReadOnlyList<long> BeginCooling(int maximum, Func<long, bool>? predicate = null) => throw new NotImplementedException();

    /// <summary>Regions that are still cooling become cold; their slots are free.</summary>
    public ValueTask CompleteCoolingAsync(IReadOnlyList<long> regions, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Gives a cooling up: regions that are still cooling are hot again.</summary>
    public void AbandonCooling(IReadOnlyList<long> regions) => throw new NotImplementedException();

    /// <summary>Durably records that no region is hot; at a clean close, after everything was flushed.</summary>
    public Task WriteCleanAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}

using System.Numerics;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Journal;

/// <summary>
/// Which regions of a volume may change: durably known before they do (F-18), in two places (P-8). The first write into a cold region pays one
/// durable block, which callers that come together share; later ones a look at a byte.
/// </summary>
/// <remarks>
/// <para>A region goes <c>Cold -> Hot</c> by <see cref="MarkHotAsync"/>, <c>Hot -> Cooling -> Cold</c> by <see cref="BeginCooling"/> and
/// <see cref="CompleteCoolingAsync"/>, and <c>Cooling -> Hot</c> by any write that comes first (<see cref="TryUse"/>).</para>
/// <para>A writer enters the write gate, asks <see cref="TryUse"/> for each region, and writes. Where one is cold it leaves the gate, awaits
/// <see cref="MarkHotAsync"/> and begins again: waiting inside would hold up the grace period that cooling needs to free a slot.</para>
/// <para>See docs/formats/dirty-region-log.md for the blocks, and for why every stop is survived.</para>
/// </remarks>
public sealed partial class DirtyRegionLog
{
    private const int UnknownNot = 0;
    private const int UnknownUsable = 1;
    private const int UnknownEnding = 2;

    private readonly Lock _lock = new();
    private readonly MetadataIdentity _identity;
    private readonly RegionTable _table;
    private readonly RegionLogWriter _writer;
    private readonly TimeProvider _time;
    private readonly SerialGate _writing = new();
    private readonly Queue<MarkRequest> _requests = [];
    private readonly byte[] _states;
    private readonly int _regionShift;
    private int _unknown;

    private DirtyRegionLog(MetadataIdentity identity, RegionLogWriter writer, TimeProvider time, ReadOnlySpan<long> table)
    {
        (_identity, _writer, _time, _table) = (identity, writer, time, new RegionTable(table));
        _regionShift = BitOperations.Log2((uint)identity.RegionBytes);
        _states = new byte[identity.RegionCount];
        foreach (long region in _table.Held)
        {
            _states[region] = (byte)RegionState.Hot;
        }
    }

    /// <summary>The size of a region in bytes.</summary>
    public long RegionBytes => _identity.RegionBytes;

    /// <summary>How many regions the volume has.</summary>
    public long RegionCount => _states.Length;

    /// <summary>How many regions may be hot at once.</summary>
    public int RegionSlots => _identity.RegionSlots;

    /// <summary>The most regions one <see cref="MarkHotAsync"/> takes: a quarter of the slots, or all regions where each has a slot.</summary>
    public long MaximumRegionsPerMark => RegionSlots >= RegionCount ? RegionCount : Math.Max(1, RegionSlots / 4);

    /// <summary>
    /// True where any region may differ: the log could not be rebuilt at opening, or slots ran out past <see cref="SlotDeadline"/>. Every region counts as
    /// hot meanwhile. It ends by <see cref="BeginForgetting"/> and <see cref="CompleteForgettingAsync"/>.
    /// </summary>
    public bool AllUnknown => Volatile.Read(ref _unknown) != UnknownNot;

    /// <summary>True where the log was opened after a clean close: nothing was under way then, on the maps either.</summary>
    public bool WasClosedCleanly { get; private init; }

    /// <summary>The regions that have a slot; after an unclean stop, those that may differ (with <see cref="AllUnknown"/>: all).</summary>
    public IReadOnlyCollection<long> HotRegions
    {
        get
        {
            lock (_lock)
            {
                return _table.Held;
            }
        }
    }

    /// <summary>How many slots are free.</summary>
    public int FreeSlots
    {
        get
        {
            lock (_lock)
            {
                return _table.FreeCount;
            }
        }
    }

    /// <summary>How long a mark waits for a slot before the log gives up telling regions apart (see <see cref="AllUnknown"/>): a host's write never fails for want of a slot.</summary>
    public TimeSpan SlotDeadline { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a place may take for a block before it counts as failed.</summary>
    public TimeSpan PlaceDeadline { get => _writer.PlaceDeadline; set => _writer.PlaceDeadline = value; }

    /// <summary>Called when an eighth of the slots is left, and each time that a caller begins to wait for one. On the caller's thread: only signal from it.</summary>
    public Action? SlotsNeeded { get; set; }

    /// <summary>Called when the log stopped telling regions apart, since no slot came free in time.</summary>
    public Action? Overflowed { get; set; }

    /// <summary>Called when a place has failed; the log goes on with the other one. On the caller's thread: only signal from it.</summary>
    public Action<LogPlaceFailure>? PlaceFailed { get => _writer.PlaceFailed; set => _writer.PlaceFailed = value; }

    /// <summary>Which places are in use.</summary>
    public RegionLogFlags AlivePlaces => _writer.Alive;

    /// <summary>The places that are out of use, and why; with both among them nothing can be marked any more until the log is opened anew.</summary>
    public IReadOnlyList<LogPlaceFailure> FailedPlaces => _writer.Failures;

    /// <summary>
    /// Region size and slots for a volume: 1024 slots of at most 4 MiB, so that 4 GiB at most are hot; smaller regions for volumes below 4 GiB, but no less than
    /// 64 KiB or a grain.
    /// </summary>
    public static (int RegionBytes, int RegionSlots) DefaultFor(GrainGeometry geometry)
    {
        const int slots = 1024;
        long share = Math.Max(1, (geometry.LengthBytes + slots - 1) / slots);
        long regionBytes = Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)share), Math.Max(64 * 1024, geometry.GrainBytes), 4 * 1024 * 1024);
        long regionCount = (geometry.LengthBytes + regionBytes - 1) / regionBytes;
        return ((int)regionBytes, (int)Math.Min(slots, regionCount));
    }

    /// <summary>How many bytes the log takes in each place.</summary>
    public static long RequiredLengthBytes(int regionSlots)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(regionSlots, RegionLogBlock.MaximumSlots);
        return RegionLogBlock.RingBlocks * BlockHeader.BlockBytes;
    }

    /// <summary>The region that holds a byte.</summary>
    public long RegionAt(long offsetBytes) => offsetBytes >> _regionShift;

    /// <summary>How much of a long range is marked and written at a time: it ends where regions end, so that its regions are never more than one mark takes.</summary>
    /// <param name="offsetBytes">Where the rest of the range begins.</param>
    /// <param name="lengthBytes">The rest's length.</param>
    /// <param name="regions">How many regions at the most, if one mark takes as many.</param>
    public long PieceAt(long offsetBytes, long lengthBytes, long regions = long.MaxValue)
    {
        long pieceBytes = Math.Min(regions, MaximumRegionsPerMark) << _regionShift;
        return Math.Min(lengthBytes, pieceBytes - (offsetBytes & (RegionBytes - 1)));
    }

    /// <summary>The grains of a region.</summary>
    public GrainRange GrainsOf(long region)
    {
        long offsetBytes = region << _regionShift;
        return _identity.Geometry.Covering(offsetBytes, Math.Min(RegionBytes, _identity.Geometry.LengthBytes - offsetBytes));
    }

    /// <summary>A region's state.</summary>
    public RegionState StateOf(long region) => (RegionState)Volatile.Read(ref _states[region]);

    /// <summary>True where the region is hot. Neither waits nor allocates.</summary>
    public bool IsHot(long region) => Volatile.Read(ref _states[region]) == (byte)RegionState.Hot;

    /// <summary>True where a write may go ahead: the region is hot, or was cooling and is hot again. Neither waits nor allocates.</summary>
    public bool TryUse(long region)
    {
        ref byte state = ref _states[region];
        return Volatile.Read(ref state) == (byte)RegionState.Hot || TryWarm(ref state);
    }

    /// <summary>
    /// Makes regions hot, durably, before it returns; by then one of them may be cooling or cold again, so ask <see cref="TryUse"/> again inside the gate.
    /// </summary>
    /// <param name="firstRegion">The first region.</param>
    /// <param name="lastRegion">The last region; at most <see cref="MaximumRegionsPerMark"/> in all.</param>
    /// <param name="cancellationToken">Ends the wait, not the marking.</param>
    /// <exception cref="DirtyRegionLogException">Neither place can be written (P-8's one exception).</exception>
    public ValueTask MarkHotAsync(long firstRegion, long lastRegion, CancellationToken cancellationToken)
    {
        if (firstRegion < 0 || lastRegion >= RegionCount || lastRegion < firstRegion || lastRegion - firstRegion >= MaximumRegionsPerMark)
        {
            throw new ArgumentOutOfRangeException(
                nameof(lastRegion), lastRegion, $"Mark 1 to {MaximumRegionsPerMark} of {RegionCount} regions at a time; this begins at {firstRegion}.");
        }

        long region = firstRegion;
        while (region <= lastRegion && TryUse(region))
        {
            region++;
        }

        return region > lastRegion ? ValueTask.CompletedTask : EnqueueAsync(new MarkRequest(region, lastRegion), cancellationToken);
    }

    private int SliceCount => (RegionSlots + RegionLogBlock.SlotsPerSlice - 1) / RegionLogBlock.SlotsPerSlice;

    private bool TryWarm(ref byte state)
    {
        byte before = Interlocked.CompareExchange(ref state, (byte)RegionState.Hot, (byte)RegionState.Cooling);
        return before != (byte)RegionState.Cold || Volatile.Read(ref _unknown) == UnknownUsable;
    }
}

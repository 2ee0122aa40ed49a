using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// What site 1 keeps durably (F-18): the record, the map pages and the dirty-region log, each written only after what it speaks of.
/// </summary>
internal sealed class SourceJournal
{
    // 2 MiB of maps: a cooling that makes room for hosts waits for no longer than these take.
    private const int PagesPerTurn = 512;

    private readonly MetadataStore _store;
    private readonly DirtyRegionLog _log;
    private readonly SourcePages _pages;
    private readonly SerialGate _turns = new();
    private readonly IBlockDevice _source;
    private readonly IBlockDevice _intermediate;
    private readonly EpochGate _gate;
    private readonly TimeProvider _time;
    private readonly FlashcopyFaults _faults;
    private int _failures;

    public SourceJournal(
        MetadataStore store, DirtyRegionLog log, SourceMaps maps, IBlockDevice source, IBlockDevice intermediate, EpochGate gate, PairRecord record, TimeProvider time, FlashcopyFaults faults)
    {
        _store = store;
        _log = log;
        _pages = new SourcePages(maps, log);
        _source = source;
        _intermediate = intermediate;
        _gate = gate;
        _time = time;
        _faults = faults;
        Record = record;
    }

    /// <summary>True while the first intermediate has failed: pages are written as if it held nothing, and nobody waits for it.</summary>
    public bool IntermediateIsDown { get; set; }

    /// <summary>How long the first intermediate's flush may take.</summary>
    public TimeSpan IntermediateDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The record as it is on disk.</summary>
    public PairRecord Record { get; private set; }

    /// <summary>The epoch of map pages written now: the role's ordinal above, the last commit below.</summary>
    public ulong Epoch => EpochOf(Record);

    /// <summary>The epoch that belongs to a record.</summary>
    public static ulong EpochOf(PairRecord record) => ((ulong)record.SourceRoleOrdinal << 40) | record.LastCommitted.Number;

    /// <summary>Writes the record; it is durable at return.</summary>
    public async Task WriteAsync(PairRecord record)
    {
        await _store.State.WriteAsync(PairRecordCodec.Encode(record), CancellationToken.None);
        Record = record;
    }

    /// <summary>
    /// Lets regions go cold that no write has used lately, and writes pages that are behind: grace, then flush of A and B, then the pages, then the log (F-18). One at a time.
    /// </summary>
    /// <param name="maximumRegions">How many regions at the most.</param>
    /// <param name="maximumPages">How many pages at the most, beyond those that the regions need.</param>
    /// <param name="graceDeadline">How long writes in flight may take.</param>
    public async Task CoolAsync(int maximumRegions, int maximumPages, TimeSpan graceDeadline)
    {
        using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
        IReadOnlyList<long> regions = _log.BeginCooling(maximumRegions);
        bool isDone = false;
        try
        {
            if (regions.Count > 0)
            {
                await _gate.GraceAsync(graceDeadline);
            }

            SortedSet<int> pages = _pages.TakeOf(regions);
            _pages.TakeMore(pages, pages.Count + maximumPages);
            await PersistAsync(pages);
            await _log.CompleteCoolingAsync(regions, CancellationToken.None);
            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                _log.AbandonCooling(regions);
            }
        }
    }

    /// <summary>Writes every page that is behind now, in turns that let coolings in between; what was behind is durable at return.</summary>
    public async Task PersistAllAsync()
    {
        int failures;
        do
        {
            // A page that somebody else took and could not write is behind again, perhaps before the cursor.
            failures = _failures;
            int cursor = 0;
            while (cursor < _pages.Count)
            {
                using SerialGate.Turn turn = await _turns.EnterAsync(CancellationToken.None);
                SortedSet<int> pages = [];
                _pages.TakeFrom(ref cursor, pages, PagesPerTurn);
                await PersistAsync(pages);
            }
        }
        while (failures != _failures);
    }

    /// <summary>
    /// Has the dirty-region log tell regions apart again after its slots had run out (P-8): writes need slots from now on, those in flight end, and what they changed
    /// becomes durable in the maps.
    /// </summary>
    /// <returns>False where slots ran out again meanwhile.</returns>
    public async Task<bool> EndOverflowAsync(TimeSpan graceDeadline)
    {
        // Slots first: without a free one the next write into a cold region would have it overflow again.
        await CoolAsync(int.MaxValue, 0, graceDeadline);
        _log.BeginForgetting();
        await _gate.GraceAsync(graceDeadline);
        await PersistAllAsync();
        return await _log.CompleteForgettingAsync(CancellationToken.None);
    }

    /// <summary>At a clean stop: everything durable, the log empty.</summary>
    public async Task CloseCleanlyAsync(TimeSpan graceDeadline)
    {
        await CoolAsync(int.MaxValue, 0, graceDeadline);
        await PersistAllAsync();
        await _log.WriteCleanAsync(CancellationToken.None);
    }

    // What is written is what was true before the flush: bits that are set while it runs speak of data it may not have covered.
    private async Task PersistAsync(SortedSet<int> pages)
    {
        if (pages.Count == 0)
        {
            return;
        }

        try
        {
            ulong epoch = Epoch;
            bool withoutIntermediate = IntermediateIsDown;
            MapPageSnapshot snapshot = _pages.Snapshot(pages, withoutIntermediate);
            if (!_faults.PersistMapsBeforeData)
            {
                await FlushSourceAsync();
                if (!withoutIntermediate)
                {
                    await FlushIntermediateAsync();
                }
            }

            await _store.SourceMaps.WritePagesAsync(snapshot, epoch, CancellationToken.None);
            await _store.FlushAsync(CancellationToken.None);
        }
        catch
        {
            _failures++;
            _pages.Return(pages);
            throw;
        }
    }

    private async Task FlushSourceAsync()
    {
        try
        {
            await _source.FlushAsync(CancellationToken.None);
        }
        catch (IOException exception)
        {
            throw new SourceFailedException($"The source storage can't be flushed: {exception.Message}", exception);
        }
    }

    // A first intermediate that fails or hangs must not keep regions hot, or hosts would run out of them (P-8).
    private async Task FlushIntermediateAsync()
    {
        try
        {
            await _intermediate.FlushAsync(CancellationToken.None).AsTask().WithDeadline(IntermediateDeadline, _time, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            throw new FirstIntermediateException($"The first intermediate can't be flushed: {exception.Message}", exception);
        }
    }
}

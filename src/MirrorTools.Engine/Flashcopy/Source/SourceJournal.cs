using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>
/// What site 1 keeps durably (F-18): the record, the map pages and the dirty-region log, each written only after what it speaks of.
/// </summary>
internal sealed class SourceJournal
{
    private readonly MetadataStore _store;
    private readonly DirtyRegionLog _log;
    private readonly SourceMaps _maps;
    private readonly IBlockDevice _source;
    private readonly IBlockDevice _intermediate;
    private readonly EpochGate _gate;
    private readonly TimeProvider _time;
    private readonly FlashcopyFaults _faults;
    private Task _cooling = Task.CompletedTask;

    public SourceJournal(
        MetadataStore store, DirtyRegionLog log, SourceMaps maps, IBlockDevice source, IBlockDevice intermediate, EpochGate gate, PairRecord record, TimeProvider time, FlashcopyFaults faults)
    {
        _store = store;
        _log = log;
        _maps = maps;
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
    /// Lets regions go cold that no write has used lately: grace, then flush of A and B, then the pages, then the log (F-18). One at a time.
    /// </summary>
    /// <param name="maximum">How many regions at the most.</param>
    /// <param name="everything">Writes all pages that are behind, not those of the regions alone.</param>
    /// <param name="graceDeadline">How long writes in flight may take.</param>
    public async Task CoolAsync(int maximum, bool everything, TimeSpan graceDeadline)
    {
        while (!_cooling.IsCompleted)
        {
            await _cooling;
        }

        Task run = CoolOnceAsync(maximum, everything, graceDeadline);
        _cooling = IgnoreFaultAsync(run);
        await run;
    }

    /// <summary>At a clean stop: everything durable, the log empty.</summary>
    public async Task CloseCleanlyAsync(TimeSpan graceDeadline)
    {
        await CoolAsync(int.MaxValue, everything: true, graceDeadline);
        await _log.WriteCleanAsync(CancellationToken.None);
    }

    private static async Task IgnoreFaultAsync(Task run)
    {
        try
        {
            await run;
        }
        catch (Exception)
        {
            // Whoever asked for the run sees the fault; the next in line only waits for its end.
        }
    }

    private async Task CoolOnceAsync(int maximum, bool everything, TimeSpan graceDeadline)
    {
        IReadOnlyList<long> regions = _log.BeginCooling(maximum);
        List<int> pages = [];
        bool done = false;
        try
        {
            if (regions.Count > 0)
            {
                await _gate.GraceAsync(graceDeadline);
            }

            pages = Take(regions, everything);
            GrainMap[] snapshot = Snapshot(pages);
            if (pages.Count > 0)
            {
                if (!_faults.PersistMapsBeforeData)
                {
                    await _source.FlushAsync(CancellationToken.None);
                    await FlushIntermediateAsync();
                }

                await _store.SourceMaps.WritePagesAsync(pages, snapshot, Epoch, CancellationToken.None);
                await _store.FlushAsync(CancellationToken.None);
            }

            await _log.CompleteCoolingAsync(regions, CancellationToken.None);
            done = true;
        }
        finally
        {
            if (!done)
            {
                _log.AbandonCooling(regions);
                foreach (int page in pages)
                {
                    _maps.Behind.Mark(page);
                }
            }
        }
    }

    // A first intermediate that fails or hangs must not keep regions hot, or hosts would run out of them (P-8).
    private async Task FlushIntermediateAsync()
    {
        if (IntermediateIsDown)
        {
            return;
        }

        try
        {
            await _intermediate.FlushAsync(CancellationToken.None).AsTask().WithDeadline(IntermediateDeadline, _time, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            throw new FirstIntermediateException($"The first intermediate can't be flushed: {exception.Message}", exception);
        }
    }

    private List<int> Take(IReadOnlyList<long> regions, bool everything)
    {
        if (everything)
        {
            return [.. _maps.Behind.Take()];
        }

        SortedSet<int> wanted = [];
        foreach (long region in regions)
        {
            if (_log.StateOf(region) == RegionState.Cooling)
            {
                long offset = region * _log.RegionBytes;
                GrainRange grains = _maps.Geometry.Covering(offset, Math.Min(_log.RegionBytes, _maps.Geometry.LengthBytes - offset));
                for (int page = GrainMap.PageOf(grains.First); page <= GrainMap.PageOf(grains.End - 1); page++)
                {
                    wanted.Add(page);
                }
            }
        }

        List<int> pages = [];
        foreach (int page in wanted)
        {
            int cursor = page;
            if (_maps.Behind.IsMarked(page) && _maps.Behind.TakeNext(ref cursor, out int taken))
            {
                pages.Add(taken);
            }
        }

        return pages;
    }

    // What is written is what was true before the flush: bits that are set while it runs speak of data it may not have covered.
    private GrainMap[] Snapshot(List<int> pages)
    {
        GrainMap[] live = [IntermediateIsDown ? new GrainMap(_maps.InB.GrainCount, false) : _maps.InB, _maps.OnC, _maps.Mode.Future, _maps.Cycle];
        GrainMap[] snapshot = [.. live.Select(map => new GrainMap(map.GrainCount, false))];
        GrainMap? retiring = _maps.Mode.Retiring;
        Span<ulong> words = stackalloc ulong[GrainMap.WordsPerPage];
        Span<ulong> more = stackalloc ulong[GrainMap.WordsPerPage];
        foreach (int page in pages)
        {
            for (int map = 0; map < live.Length; map++)
            {
                live[map].ReadPage(page, words);
                if (map == 2 && retiring is not null)
                {
                    retiring.ReadPage(page, more);
                    for (int word = 0; word < words.Length; word++)
                    {
                        words[word] |= more[word];
                    }
                }

                snapshot[map].LoadPage(page, words);
            }
        }

        return snapshot;
    }
}

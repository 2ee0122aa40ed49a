using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Pairs;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>
/// What site 1 keeps durably (F-18): the record, the map pages and the dirty-region log, each written only after what it speaks of.
/// </summary>
internal sealed class SourceJournal : RegionJournal
{
    private readonly MetadataStore _store;
    private readonly ISourceService _service;
    private readonly PairRecordStore _record;
    private readonly IBlockDevice? _intermediate;
    private readonly TimeProvider _time;
    private readonly MirrorFaults _faults;
    private int _failures;

    public SourceJournal(
        MetadataStore store, DirtyRegionLog log, ISourceService service, IBlockDevice? intermediate, EpochGate gate, PairRecord record, TimeProvider time, MirrorFaults faults)
        : base(log, new BehindPages(service.Behind, log, keepsMarks: false), gate)
    {
        _store = store;
        _service = service;
        _intermediate = intermediate;
        _time = time;
        _faults = faults;
        _record = new PairRecordStore(store.State, record);
    }

    /// <summary>True while the first intermediate has failed: pages are written as if it held nothing, and nobody waits for it.</summary>
    public bool IntermediateIsDown { get; set; }

    /// <summary>How long the first intermediate's flush may take.</summary>
    public TimeSpan IntermediateDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The record as it is on disk.</summary>
    public PairRecord Record => _record.Current;

    protected override int Failures => _failures;

    /// <summary>The epoch of map pages written now: the role's ordinal above, the last commit below.</summary>
    public ulong Epoch => EpochOf(Record);

    /// <summary>The epoch that belongs to a record.</summary>
    public static ulong EpochOf(PairRecord record) => ((ulong)record.SourceRoleOrdinal << 40) | record.LastCommitted.Number;

    /// <inheritdoc cref="PairRecordStore.ChangeAsync"/>
    public Task ChangeAsync(Func<PairRecord, PairRecord> change) => _record.ChangeAsync(change);

    // What is written is what was true before the flush: bits that are set while it runs speak of data it may not have covered.
    protected override async Task PersistAsync(SortedSet<int> taken)
    {
        if (taken.Count == 0)
        {
            return;
        }

        try
        {
            ulong epoch = Epoch;
            bool withoutIntermediate = IntermediateIsDown;
            MapPageSnapshot snapshot = _service.Snapshot(taken, withoutIntermediate);
            if (!_faults.PersistMapsBeforeData)
            {
                await FlushSourceAsync();
                if (_intermediate is not null && !withoutIntermediate)
                {
                    await FlushAsync(_intermediate);
                }
            }

            await _store.SourceMaps.WritePagesAsync(snapshot, epoch, CancellationToken.None);
            await _store.FlushAsync(CancellationToken.None);
        }
        catch
        {
            _failures++;
            Pages.Return(taken);
            throw;
        }
    }

    private async Task FlushSourceAsync()
    {
        try
        {
            await _service.Volume.FlushAsync(CancellationToken.None);
        }
        catch (IOException exception)
        {
            throw new SourceFailedException($"The source storage can't be flushed: {exception.Message}", exception);
        }
    }

    // A first intermediate that fails or hangs must not keep regions hot, or hosts would run out of them (P-8).
    private async Task FlushAsync(IBlockDevice intermediate)
    {
        try
        {
            await intermediate.FlushAsync(CancellationToken.None).AsTask().WithDeadline(IntermediateDeadline, _time, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            throw new FirstIntermediateException($"The first intermediate can't be flushed: {exception.Message}", exception);
        }
    }
}

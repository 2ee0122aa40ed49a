using MirrorTools.Engine.Caching;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.SyncCache;

/// <summary>
/// What a node keeps durably beside its disk (S-9, S-11): which grains others lack, and which regions may hold what is in its cache alone. A region goes cold once everything that was
/// written into it is hardened.
/// </summary>
internal sealed class SyncJournal(MetadataStore store, DirtyRegionLog log, MissingGrains missing, WriteBackCache cache, EpochGate gate)
    : RegionJournal(log, new BehindPages(missing.Behind, log, keepsMarks: false), gate)
{
    private int _failures;

    protected override int Failures => _failures;

    protected override Task PersistAsync(SortedSet<int> taken) => WriteAsync(taken, static cache => cache.FlushAsync(CancellationToken.None));

    // What another node lacks is no matter of this one's disk: nobody waits for a full cache before he may go on alone.
    protected override Task PersistMarksAsync(SortedSet<int> taken) => WriteAsync(taken, static _ => Task.CompletedTask);

    private async Task WriteAsync(SortedSet<int> taken, Func<WriteBackCache, Task> before)
    {
        try
        {
            MapPageSnapshot? snapshot = taken.Count > 0 ? Snapshot(taken) : null;
            await BeforeAsync(before);
            if (snapshot is not null)
            {
                await store.SourceMaps.WritePagesAsync(snapshot, 0, CancellationToken.None);
                await store.FlushAsync(CancellationToken.None);
            }
        }
        catch
        {
            _failures++;
            Pages.Return(taken);
            throw;
        }
    }

    private async Task BeforeAsync(Func<WriteBackCache, Task> before)
    {
        try
        {
            await before(cache);
        }
        catch (OperationCanceledException exception)
        {
            // What the log names is in nobody's memory here any more, and not on the disk: it goes on naming it.
            throw new TimeoutException("The cache was dropped while it was hardened.", exception);
        }
    }

    private MapPageSnapshot Snapshot(SortedSet<int> taken)
    {
        MapPageSnapshot snapshot = new([.. taken], missing.Maps.Length);
        for (int index = 0; index < snapshot.Pages.Count; index++)
        {
            for (int map = 0; map < missing.Maps.Length; map++)
            {
                missing.Maps[map].ReadPage(snapshot.Pages[index], snapshot.WordsAt(index, map));
            }
        }

        return snapshot;
    }
}

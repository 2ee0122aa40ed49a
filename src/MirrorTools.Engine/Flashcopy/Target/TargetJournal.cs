using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>What site 2 keeps durably of its maps; one write at a time.</summary>
/// <param name="store">The metadata.</param>
/// <param name="maps">The maps.</param>
/// <param name="epoch">The epoch that the maps in memory are of.</param>
internal sealed class TargetJournal(MetadataStore store, TargetMaps maps, ulong epoch)
{
    private Task _writing = Task.CompletedTask;

    /// <summary>The epoch of the maps in memory; changes in one step with their renewal.</summary>
    public ulong Epoch { get; set; } = epoch;

    /// <summary>How often pages could not be written; they are behind again.</summary>
    public int Failures { get; private set; }

    /// <summary>The metadata.</summary>
    public MetadataStore Store => store;

    /// <summary>The epoch that belongs to a record.</summary>
    public static ulong EpochOf(PairRecord record) => record.TargetEpoch;

    /// <summary>Writes pages and makes them durable. Where it fails, the pages count as behind again.</summary>
    public Task PersistAsync(IReadOnlyList<int> pages) => PersistAsync(() => pages);

    /// <summary>
    /// Writes every page that is behind and makes them durable. Which ones is looked at when the writes before have ended: one of theirs that failed is behind again.
    /// </summary>
    public Task PersistAllAsync() => PersistAsync(() => [.. maps.Behind.Take()]);

    private async Task PersistAsync(Func<IReadOnlyList<int>> choose)
    {
        Task before = _writing;
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _writing = done.Task;
        await before;
        IReadOnlyList<int> pages = choose();
        try
        {
            if (pages.Count > 0)
            {
                foreach (int page in pages)
                {
                    maps.Behind.Clear(page);
                }

                await store.TargetMaps.WritePagesAsync(pages, maps.Stored, Epoch, CancellationToken.None);
            }

            await store.FlushAsync(CancellationToken.None);
        }
        catch
        {
            Failures++;
            foreach (int page in pages)
            {
                maps.Behind.Mark(page);
            }

            throw;
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>
    /// Adds those of a run's pages that are behind. They stay so until they are written: a commit that comes in between has to write them itself, or its record would
    /// speak of a page that is not there yet.
    /// </summary>
    public void AddBehind(GrainRange grains, SortedSet<int> pages)
    {
        for (int page = GrainMap.PageOf(grains.First); page <= GrainMap.PageOf(grains.End - 1); page++)
        {
            if (maps.Behind.IsMarked(page))
            {
                pages.Add(page);
            }
        }
    }

    /// <summary>Loads the maps: folds what was committed since a page was written, leaves out pages of an earlier role.</summary>
    /// <exception cref="MetadataCorruptException">The record is older than the pages.</exception>
    public static async Task<MapLoadResult> LoadAsync(TargetMaps maps, MetadataStore store, PairRecord record)
    {
        bool isStale = false;
        void Fold(int page, ulong epoch, Span<ulong> copied, Span<ulong> future, Span<ulong> lost, Span<ulong> unused)
        {
            isStale |= epoch > EpochOf(record) && epoch >> 40 == record.TargetRoleOrdinal;
            if (epoch >> 40 != record.TargetRoleOrdinal)
            {
                copied.Fill(ulong.MaxValue);
                future.Clear();
                lost.Clear();
            }
            else if ((epoch & ((1UL << 40) - 1)) < record.TargetPoint)
            {
                TargetMaps.Fold(copied, future, lost);
            }
        }

        MapLoadResult result = await store.TargetMaps.LoadAsync(maps.Stored, Fold, CancellationToken.None);
        if (isStale)
        {
            // A page is written for a commit only after its record was durable: an older record with the newer page would show a mixture of two points.
            throw new MetadataCorruptException("state record", $"The newest state record is lost: the one that is left is of point {record.TargetPoint}, and a page of the maps is newer.");
        }

        GrainMap.And(maps.Settled, maps.Copied);
        return result;
    }
}

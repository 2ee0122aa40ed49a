using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Mirroring;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Flashcopy.Target;

/// <summary>
/// Site 2's regions going cold (F-18): C is flushed, then the pages say durably what it holds, then the log forgets. Pages are read as they are written: bits that are set after the
/// flush of C speak of regions that are hot.
/// </summary>
internal sealed class TargetRegions(TargetJournal journal, TargetMaps maps, DirtyRegionLog log, IBlockDevice intermediate, EpochGate arrivals, MirrorFaults faults)
    : RegionJournal(log, new BehindPages(maps.Behind, log, keepsMarks: true), arrivals)
{
    protected override int Failures => journal.Failures;

    // C is flushed though no page may be behind: the second flashcopy writes pages too, and flushes D alone.
    protected override async Task PersistAsync(SortedSet<int> taken)
    {
        if (!faults.PersistMapsBeforeData)
        {
            try
            {
                await intermediate.FlushAsync(CancellationToken.None);
            }
            catch (IOException exception)
            {
                throw new SecondIntermediateException($"The second intermediate can't be flushed: {exception.Message}", exception);
            }
        }

        await journal.PersistAsync([.. taken]);
    }
}

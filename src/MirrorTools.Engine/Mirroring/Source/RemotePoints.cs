using MirrorTools.Engine.Events;
using MirrorTools.Engine.Pairs;

namespace MirrorTools.Engine.Mirroring.Source;

/// <summary>What site 2 says it has committed and prepared, and what of it site 1 has not heard of: recorded late, or in doubt until it is settled (F-9, F-19).</summary>
internal sealed class RemotePoints(SourceCore core, SourceCycle cycle)
{
    /// <summary>The last point that site 2 had committed when it greeted.</summary>
    public CommittedPoint Committed { get; private set; }

    /// <summary>The point that site 2 has prepared; 0 for none.</summary>
    public ulong Prepared { get; private set; }

    /// <summary>True where site 2 holds a group's point of which it is not known here whether it was committed: it asks the lead and says so (F-9).</summary>
    public bool IsInDoubt => Prepared != 0 && Prepared != cycle.Point;

    /// <summary>Takes what site 2 greets with: a commit whose answer was lost is recorded now.</summary>
    public async Task OnGreetedAsync(PairRecord peer)
    {
        Committed = peer.LastCommitted;
        Prepared = peer.Prepared.Number;
        if (Committed.Number > core.Journal.Record.LastCommitted.Number)
        {
            cycle.SkipTo(Committed.Number + 1);
            if (cycle.Point == Committed.Number)
            {
                await cycle.OnCommittedAsync(Committed);
            }
            else
            {
                await RecordAsync(Committed);
            }
        }
    }

    /// <summary>True where the commit is of the point that was in doubt, and not of the one under way.</summary>
    public bool IsOfDoubt(CommittedPoint committed) => committed.Number == Prepared && committed.Number != cycle.Point;

    /// <summary>Committed or not: the doubt that kept this side from going on is over.</summary>
    /// <returns>False where the point was not in doubt.</returns>
    public bool Settle(ulong point)
    {
        if (point != Prepared)
        {
            return false;
        }

        Prepared = 0;
        return true;
    }

    /// <summary>Records a commit that no cycle of this side waits for.</summary>
    public async Task RecordAsync(CommittedPoint committed)
    {
        await cycle.RecordAsync(committed);
        core.Events.Report(PairEventId.PointCommitted, ("point", committed.Number), ("t1", committed.TakenAt), ("t2", committed.CommittedAt));
    }
}

using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.Flashcopy.Source;

/// <summary>Which grains the background copy takes next (F-4): those that a host waits for first, then in scan order, each grain once. On the pair's scheduler.</summary>
internal sealed class CopyScan(SourceMaps maps, RunsUnderWay underWay, AccessClock? accesses)
{
    // A run of zeros is not bounded by memory.
    private const long MaximumRunBytes = 1L << 30;

    private readonly Queue<GrainRange> _demanded = new();
    private IEnumerator<GrainRange>? _order;
    private GrainRange _stretch;
    private long _cursor;

    /// <summary>A host waits for these grains: they go to the front.</summary>
    public void Demand(GrainRange grains) => _demanded.Enqueue(grains);

    /// <summary>No host waits any more.</summary>
    public void ForgetDemands() => _demanded.Clear();

    /// <summary>Looks from the first grain again: something before the cursor has changed.</summary>
    public void Rewind()
    {
        _cursor = 0;
        _order = null;
    }

    /// <summary>Comes back to a run that ended without its work done.</summary>
    public void ComeBackTo(CopyRun run)
    {
        _cursor = Math.Min(_cursor, run.Grains.First);
        _order = null;
    }

    /// <summary>A run was cut shorter: what it lost is still to be taken.</summary>
    public void GoOnBehind(CopyRun run) => _cursor = Math.Min(_cursor, run.Grains.End);

    /// <summary>Takes the next run that a host waits for.</summary>
    /// <param name="localOnly">Only what B lacks counts: the other site is away.</param>
    /// <returns>Null where there is none.</returns>
    public CopyRun? NextDemanded(bool localOnly)
    {
        while (_demanded.TryDequeue(out GrainRange demanded))
        {
            for (long grain = demanded.First; grain < demanded.End; grain++)
            {
                if (IsCopyable(grain, localOnly))
                {
                    // The rest of the demand is looked at again after this run.
                    if (grain + 1 < demanded.End)
                    {
                        _demanded.Enqueue(new GrainRange(grain + 1, demanded.End - grain - 1));
                    }

                    return RunFrom(grain, grain + 1);
                }
            }
        }

        return null;
    }

    /// <summary>Takes the next run in scan order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="localOnly">Only what B lacks counts: the other site is away.</param>
    /// <returns>Null where there is none.</returns>
    public CopyRun? Next(ScanOrder order, bool localOnly)
    {
        long next = order == ScanOrder.Ascending || accesses is null ? NextAscending(localOnly) : NextByAccess(accesses, localOnly);
        if (next >= maps.Geometry.GrainCount)
        {
            return null;
        }

        CopyRun run = RunFrom(next, long.MaxValue);
        if (order == ScanOrder.Ascending)
        {
            _cursor = run.Grains.End;
        }

        return run;
    }

    private long NextAscending(bool localOnly)
    {
        long grain = maps.NextUncopied(_cursor, localOnly);
        while (grain < maps.Geometry.GrainCount && underWay.EndOfBusy(grain) is { } end)
        {
            grain = maps.NextUncopied(end, localOnly);
        }

        _cursor = grain;
        return grain;
    }

    private long NextByAccess(AccessClock clock, bool localOnly)
    {
        _order ??= clock.Order().GetEnumerator();
        while (true)
        {
            for (long grain = _stretch.First; grain < _stretch.End;)
            {
                grain = maps.NextUncopied(grain, localOnly);
                if (grain >= _stretch.End)
                {
                    break;
                }

                if (underWay.EndOfBusy(grain) is not { } end)
                {
                    return grain;
                }

                grain = end;
            }

            if (!_order.MoveNext())
            {
                _stretch = default;
                return maps.Geometry.GrainCount;
            }

            _stretch = _order.Current;
        }
    }

    private bool IsCopyable(long grain, bool localOnly) =>
        (!maps.InB[grain] || (!localOnly && !maps.OnC[grain])) && underWay.EndOfBusy(grain) is null;

    // A run has one source and one destiny: all its grains agree on inB and onC. Runs of data are cut to RunBytes once their extent is known.
    private CopyRun RunFrom(long first, long end)
    {
        end = Math.Min(end, Math.Min(maps.InB.RunEnd(first), maps.OnC.RunEnd(first)));
        end = Math.Min(end, first + Math.Max(1, MaximumRunBytes / maps.Geometry.GrainBytes));
        end = underWay.EndOfFree(first, end);
        return new CopyRun(new GrainRange(first, end - first), fromB: maps.InB[first], needsC: !maps.OnC[first]);
    }
}

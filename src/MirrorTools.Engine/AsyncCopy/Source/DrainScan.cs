using MirrorTools.Engine.Copying;
using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.AsyncCopy.Source;

/// <summary>Which grains the drain takes next: those that a host waits for, then all that are out of sync, round and round. On the pair's scheduler, but for <see cref="Wakes"/>.</summary>
/// <param name="maps">The maps.</param>
/// <param name="kept">Grains whose old image is kept aside.</param>
/// <param name="isBeingKept">True for grains whose old image is being read: they are left alone.</param>
internal sealed class DrainScan(AsyncMaps maps, KeptImages kept, Func<long, bool> isBeingKept)
{
    // A run of zeros is not bounded by memory.
    private const long MaximumRunBytes = 1L << 30;

    private readonly Queue<GrainRange> _demanded = new();
    private long _cursor;
    private int _isAsleep;

    /// <summary>True where nothing is out of sync.</summary>
    public bool IsEmpty => maps.OutOfSync.NextSet(_cursor) >= maps.Geometry.GrainCount && (_cursor == 0 || maps.OutOfSync.NextSet(0) >= maps.Geometry.GrainCount);

    /// <summary>Something is out of sync: from any thread.</summary>
    /// <returns>True where the drain sleeps and is to be pumped.</returns>
    public bool Wakes() => Volatile.Read(ref _isAsleep) == 1 && Interlocked.Exchange(ref _isAsleep, 0) == 1;

    /// <summary>A host waits for these grains: they go to the front.</summary>
    public void Demand(GrainRange grains) => _demanded.Enqueue(grains);

    /// <summary>No host waits any more.</summary>
    public void ForgetDemands() => _demanded.Clear();

    /// <summary>A run was cut shorter: what it lost is still to be taken.</summary>
    public void ComeBackTo(long grain) => _cursor = Math.Min(_cursor, grain);

    /// <summary>Takes the next grain that a host waits for.</summary>
    /// <returns>Null where there is none.</returns>
    public CopyRun? NextDemanded()
    {
        while (_demanded.TryDequeue(out GrainRange demanded))
        {
            for (long grain = demanded.First; grain < demanded.End; grain++)
            {
                if (maps.OutOfSync[grain] && !maps.Sent[grain] && !isBeingKept(grain))
                {
                    // The rest of the demand is looked at again after this grain.
                    _demanded.Enqueue(demanded);
                    return new CopyRun(new GrainRange(grain, 1), fromB: false, needsC: true);
                }
            }
        }

        return null;
    }

    /// <summary>Takes the next run. Where nothing is out of sync the drain sleeps; a mark that came in between wakes it at once.</summary>
    /// <param name="runBytes">The longest run of data.</param>
    /// <returns>Null where there is none now.</returns>
    public CopyRun? Next(int runBytes)
    {
        if (IsEmpty)
        {
            Interlocked.Exchange(ref _isAsleep, 1);
            if (IsEmpty)
            {
                return null;
            }

            Interlocked.Exchange(ref _isAsleep, 0);
        }

        return NextFrom(_cursor, runBytes) ?? NextFrom(0, runBytes);
    }

    private CopyRun? NextFrom(long from, int runBytes)
    {
        long count = maps.Geometry.GrainCount;
        for (long grain = maps.OutOfSync.NextSet(from); grain < count;)
        {
            if (!maps.Sent[grain] && !isBeingKept(grain))
            {
                GrainRange run = RunFrom(grain, runBytes);
                _cursor = run.End < count ? run.End : 0;
                return new CopyRun(run, fromB: false, needsC: true);
            }

            long next = maps.Sent[grain] ? maps.Sent.RunEnd(grain) : grain + 1;
            grain = next < count ? maps.OutOfSync.NextSet(next) : count;
        }

        return null;
    }

    // A grain that is kept aside travels alone: its bytes are in memory. During an increment a run is no longer than one step reads, since writes wait for all of it.
    private GrainRange RunFrom(long first, int runBytes)
    {
        if (kept.Find(first) is not null || !maps.IsWhole(first))
        {
            return new GrainRange(first, 1);
        }

        bool isIncrement = maps.ChangeRecording is not null;
        long end = Math.Min(maps.OutOfSync.RunEnd(first), maps.Sent.RunEnd(first));
        end = Math.Min(end, first + Math.Max(1, (isIncrement ? runBytes : MaximumRunBytes) / maps.Geometry.GrainBytes));
        for (long grain = first + 1; grain < end; grain++)
        {
            if ((isIncrement && (maps.Kept[grain] || isBeingKept(grain))) || !maps.IsWhole(grain))
            {
                end = grain;
            }
        }

        return new GrainRange(first, end - first);
    }
}

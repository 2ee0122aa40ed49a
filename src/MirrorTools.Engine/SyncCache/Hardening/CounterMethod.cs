using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>
/// Figure 6: N counts the grains of the mirror's new map, M those of the old one; writes and the background hardening move them, and at M = 0 the keeper's old map is not
/// needed any more (S-5).
/// </summary>
/// <remarks>
/// <para>No grain is in both maps of the mirror: marking one in the new map takes it out of the old one, so that it is counted down once. The keeper's maps are supersets of the
/// mirror's, which loses grains as they are hardened.</para>
/// <para>A write that is still on its way into the cache counts as unhardened.</para>
/// </remarks>
internal sealed class CounterMethod : IScanMethod
{
    private readonly HardeningRanges _ranges;
    private readonly IHardeningPort _port;
    private readonly TimeSpan _helpAfter;
    private readonly TimeProvider _time;
    private readonly SyncFaults _faults;
    private readonly ToggledMaps _mirror;
    private readonly long[] _new;
    private readonly long[] _old;
    private readonly TaskCompletionSource?[] _emptied;

    /// <summary>Creates the method for an empty cache.</summary>
    /// <param name="ranges">The volume's ranges.</param>
    /// <param name="port">The node.</param>
    /// <param name="helpAfter">How long a scan is left to the background hardening.</param>
    /// <param name="time">The clock of that wait.</param>
    /// <param name="faults">Deliberate faults.</param>
    public CounterMethod(HardeningRanges ranges, IHardeningPort port, TimeSpan helpAfter, TimeProvider time, SyncFaults faults)
    {
        (_ranges, _port, _helpAfter, _time, _faults) = (ranges, port, helpAfter, time, faults);
        _mirror = new ToggledMaps(ranges);
        _new = new long[ranges.Count];
        _old = new long[ranges.Count];
        _emptied = new TaskCompletionSource?[ranges.Count];
    }

    /// <summary>The counters N and M of a range.</summary>
    public (long N, long M) Counters(int range) => (_new[range], _old[range]);

    public void Mark(int range, GrainRange grains)
    {
        long marked = 0;
        long counted = 0;
        if (_faults.CountTwice)
        {
            for (long grain = grains.First; grain < grains.End; grain++)
            {
                bool isNew = _mirror.Current(range).Set(grain);
                marked += isNew ? 1 : 0;
                counted += isNew && _mirror.Old(range)[grain] ? 1 : 0;
            }
        }
        else
        {
            // Steps 96 to 102 for all grains at once: what is old is in the new map by now, and it was not before.
            marked = _mirror.Current(range).SetRange(grains);
            counted = _mirror.Old(range).ClearRange(grains);
        }

        _new[range] += marked;
        CountDown(range, counted);
    }

    public void Toggle(int range)
    {
        if (_faults.ToggleWhileOldInUse)
        {
            _mirror.ClearOld(range);
        }

        _mirror.Toggle(range);
        (_old[range], _new[range]) = (_new[range], 0);
    }

    // Steps 104 to 110.
    public void OnHardened(int range, long grain)
    {
        bool isPending = _port.HasPending(grain) && !_faults.CountPending;
        if ((isPending || _port.IsUnhardened(grain)) && !_faults.CountOverwritten)
        {
            return;
        }

        if (_mirror.Current(range).Clear(grain))
        {
            _new[range]--;
        }
        else if (_mirror.Old(range)[grain])
        {
            _ = _faults.CountTwice || _mirror.Old(range).Clear(grain);
            CountDown(range, 1);
        }
    }

    public async Task HardenOldAsync(int range, CancellationToken cancellationToken)
    {
        while (_old[range] > 0)
        {
            TaskCompletionSource emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _emptied[range] = emptied;
            try
            {
                await emptied.Task.WithDeadline(_helpAfter, _time, cancellationToken);
            }
            catch (TimeoutException)
            {
                await HelpAsync(range, cancellationToken);
            }
        }
    }

    public void ClearOld(int range)
    {
        _mirror.ClearOld(range);
        _old[range] = 0;
    }

    public void OnSessionLost()
    {
        for (int range = 0; range < _ranges.Count && _faults.ForgetMirrorWithSession; range++)
        {
            _mirror.ClearOld(range);
        }

        _mirror.Merge();
        for (int range = 0; range < _ranges.Count; range++)
        {
            GrainMap current = _mirror.Current(range);
            ClearHardened(current, range);
            (_new[range], _old[range]) = (current.CountSet(_ranges.GrainsOf(range)), 0);
        }
    }

    // The background hardening has taken its time. Afterwards nothing is left in the old map but what was written again and counted down for that, unless a
    // pending write was dropped and nobody said so: such grains are found by looking at each.
    private async Task HelpAsync(int range, CancellationToken cancellationToken)
    {
        GrainMap old = _mirror.Old(range);
        await _port.WhenSettledAsync(cancellationToken);
        await _port.HardenAsync(_ranges.GrainsOf(range), grain => old[grain], cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        CountDown(range, ClearHardened(old, range));
    }

    private long ClearHardened(GrainMap map, int range)
    {
        long cleared = 0;
        foreach (GrainRange run in map.Ranges(_ranges.GrainsOf(range), value: true))
        {
            for (long grain = run.First; grain < run.End; grain++)
            {
                if (!_port.IsUnhardened(grain) && !_port.HasPending(grain))
                {
                    cleared += map.Clear(grain) ? 1 : 0;
                }
            }
        }

        return cleared;
    }

    private void CountDown(int range, long grains)
    {
        _old[range] -= grains;
        if (grains > 0 && _old[range] <= 0)
        {
            _emptied[range]?.TrySetResult();
        }
    }
}

using MirrorTools.Engine.Maps;

namespace MirrorTools.Engine.SyncCache.Hardening;

/// <summary>
/// What a node keeps of another one: the grains that the other may hold only in its cache (S-2, figure 3). The same for all methods; one for each other node. On the pair's
/// scheduler.
/// </summary>
/// <remarks>
/// <para>The primary marks in the step that queues a write, before it; a node that receives writes marks in the step that receives one, also one that it received in an earlier
/// session and is sent again. A write that is sent again is marked again, since a scan may have cleared its mark in between.</para>
/// <para>Messages of a session are given to the record only while that session stands: between the last one of a session and the first one of the next comes
/// <see cref="OnSessionLost"/>.</para>
/// </remarks>
/// <param name="ranges">The volume's ranges.</param>
/// <param name="faults">Deliberate faults.</param>
internal sealed class HardeningRecord(HardeningRanges ranges, SyncFaults faults)
{
    private readonly ToggledMaps _maps = new(ranges);

    // The scan that each range's old map is in use by; 0 where none.
    private readonly ulong[] _scans = new ulong[ranges.Count];

    /// <summary>True where the other node may hold something of the grain in its cache alone.</summary>
    public bool IsMarked(long grain) => _maps.IsMarked(grain);

    /// <summary>True while a scan of the range waits for its completion.</summary>
    public bool IsOldInUse(int range) => _scans[range] != 0;

    /// <summary>Marks a write's grains (figure 4).</summary>
    public void Mark(GrainRange grains) => _maps.Mark(grains);

    /// <summary>
    /// The other node starts a scan: the range's current map becomes its old one, and a fresh one is current (S-4, figure 5, step 72). The acceptance is to be queued in the
    /// same step.
    /// </summary>
    /// <param name="range">The range, as the peer named it.</param>
    /// <param name="scan">The scan's number, as the peer named it; not 0.</param>
    /// <returns>False where the peer broke the protocol: no such range, or its old map is in use. The session must end then, which mends both nodes.</returns>
    public bool TryBeginScan(int range, ulong scan)
    {
        if (!ranges.Contains(range) || scan == 0 || (_scans[range] != 0 && !faults.ToggleWhileOldInUse))
        {
            return false;
        }

        if (_scans[range] != 0)
        {
            _maps.ClearOld(range);
        }

        _maps.Toggle(range);
        _scans[range] = scan;
        if (faults.ClearOldWhenScanStarts)
        {
            _maps.ClearOld(range);
        }

        return true;
    }

    /// <summary>The other node has hardened everything that the range's old map speaks of: the old map is cleared (S-4, figure 5, step 80).</summary>
    /// <param name="range">The range, as the peer named it.</param>
    /// <param name="scan">The scan's number, as the peer named it.</param>
    /// <returns>False where it is not the scan that the old map waits for, which is then left alone.</returns>
    public bool CompleteScan(int range, ulong scan)
    {
        if (!ranges.Contains(range) || _scans[range] == 0 || (_scans[range] != scan && !faults.AcceptStaleCompletions))
        {
            return false;
        }

        _maps.ClearOld(range);
        _scans[range] = 0;
        return true;
    }

    /// <summary>No completion will come any more: what is old is current again, and all ranges are idle (S-4).</summary>
    public void OnSessionLost()
    {
        if (faults.ForgetOldWithSession)
        {
            for (int range = 0; range < ranges.Count; range++)
            {
                _maps.ClearOld(range);
            }
        }

        _maps.Merge();
        Array.Clear(_scans);
    }

    /// <summary>A new map of the grains that were marked since the last scans (bitmap 52), or of those that running scans are to harden (bitmap 50).</summary>
    public GrainMap Copy(bool ofOld)
    {
        GrainMap copy = new(ranges.GrainCount, initialValue: false);
        for (int range = 0; range < ranges.Count; range++)
        {
            GrainMap.Or(copy, ofOld ? _maps.Old(range) : _maps.Current(range), ranges.GrainsOf(range));
        }

        return copy;
    }

    /// <summary>A new map of all grains that the other node may lack on its disk: what it must be sent when it has failed (S-9).</summary>
    public GrainMap Union() => _maps.Union();
}

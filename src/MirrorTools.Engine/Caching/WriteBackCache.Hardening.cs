using MirrorTools.Engine.Maps;
using MirrorTools.Engine.Volumes;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Caching;

/// <content>Disk writes, flushes, and what they make hardened.</content>
public sealed partial class WriteBackCache
{
    // Pages that a disk write of has completed, and those that the flush under way makes durable. A page may be in both.
    private List<int> _written = [];
    private List<int> _flushing = [];

    /// <summary>
    /// Completes when everything is hardened that was unhardened in the grains at the call: in this version or a newer one, by one flush, which calls that come together share. What is put
    /// during the call may or may not be hardened. On the scheduler.
    /// </summary>
    /// <param name="grains">Which grains.</param>
    /// <param name="only">Hardens only the grains of which this is true (S-6); null for all. Asked during the call, and maybe more than once.</param>
    /// <param name="cancellationToken">Ends the call; disk writes that have begun go on.</param>
    /// <exception cref="BlockDeviceException">The disk failed, now or earlier.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the cache was dropped meanwhile.</exception>
    public async Task HardenAsync(GrainRange grains, Func<long, bool>? only, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfUnable();
        long drops = _drops;
        bool isNeeded = false;
        List<long>? overwritten = null;
        long next = 0;
        for (long grain = NextUnhardened(grains.First, grains); grain < grains.End; grain = NextUnhardened(grain + 1, grains))
        {
            if (only?.Invoke(grain) == false)
            {
                continue;
            }

            isNeeded = true;
            next = await WriteGrainAsync(grain, Math.Max(next, FirstSector(grain)), grains, only, _options.MaximumConcurrentWrites, cancellationToken);
            if (_dirty.IsDirty(grain))
            {
                (overwritten ??= []).Add(grain);
            }
        }

        if (overwritten is not null)
        {
            // Sectors that were put again while an older version was being written: once those writes are over, the newer version is written, here or by another call. Whatever is
            // still dirty beyond that was put during this call.
            await _lanes.WhenDoneAsync(cancellationToken);
            foreach (long grain in overwritten)
            {
                await WriteGrainAsync(grain, FirstSector(grain), grains, only, _options.MaximumConcurrentWrites, cancellationToken);
            }
        }

        if (isNeeded)
        {
            await _lanes.WhenDoneAsync(cancellationToken);
            ThrowIfDropped(drops);
            await _flush.FlushAsync().WithDeadline(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }

        ThrowIfDropped(drops);
    }

    /// <summary>Completes when everything that was put before the call is durable: <see cref="HardenAsync"/> of all grains.</summary>
    /// <inheritdoc cref="HardenAsync"/>
    public Task FlushAsync(CancellationToken cancellationToken) => HardenAsync(new GrainRange(0, _geometry.GrainCount), null, cancellationToken);

    private void ThrowIfDropped(long drops)
    {
        if (drops != _drops)
        {
            throw new OperationCanceledException("The cache was dropped while it was hardened.");
        }
    }

    private long NextUnhardened(long from, GrainRange grains) => from < grains.End ? Math.Min(Unhardened.NextSet(from), grains.End) : grains.End;

    private long FirstSector(long grain) => _geometry.OffsetOf(grain) / BlockGeometry.SectorBytes;

    /// <summary>Begins to write what may be taken of a grain, from a sector on; runs may go on into the next grains.</summary>
    /// <returns>The sector after the last run, or where it began.</returns>
    private async ValueTask<long> WriteGrainAsync(
        long grain, long fromSector, GrainRange bounds, Func<long, bool>? only, int mostWrites, CancellationToken cancellationToken)
    {
        long end = FirstSector(grain + 1);
        while (NextToWrite(fromSector, end) >= 0)
        {
            DiskRun run = await _lanes.TakeAsync(mostWrites, cancellationToken);
            long first = NextToWrite(fromSector, end);
            if (first < 0)
            {
                _lanes.Return(run);
                break;
            }

            _picker.Take(run, first, bounds, only);
            fromSector = (run.OffsetBytes + run.LengthBytes) / BlockGeometry.SectorBytes;
            _ = WriteAsync(run);
        }

        return fromSector;
    }

    private long NextToWrite(long fromSector, long endSector) => fromSector < endSector && !_isHalted && Fault is null ? _picker.NextEligible(fromSector) : -1;

    private async Task WriteAsync(DiskRun run)
    {
        try
        {
            await run.WriteAsync(_device);
            Written(run);
        }
        catch (Exception exception)
        {
            Latch(exception);
        }

        _lanes.Return(run);
        WakeIfDue(_time.GetTimestamp());
    }

    private void Written(DiskRun run)
    {
        foreach ((int slot, byte sectors) in run.Pieces)
        {
            ref CachedPage page = ref _pages[slot];
            page.Writing &= (byte)~sectors;
            if (!page.IsWritten)
            {
                page.IsWritten = true;
                _written.Add(slot);
            }
        }
    }

    private void FlushBegins()
    {
        (_written, _flushing) = (_flushing, _written);
        foreach (int slot in _flushing)
        {
            ref CachedPage page = ref _pages[slot];
            (page.IsWritten, page.IsFlushing) = (false, true);
        }
    }

    private void FlushSucceeded()
    {
        // Whoever is told of a grain may put, which touches neither this list nor a page that is in it and not yet looked at.
        foreach (int slot in _flushing)
        {
            ref CachedPage page = ref _pages[slot];
            page.IsFlushing = false;
            if (!page.IsUnhardened)
            {
                Hardened(slot, _geometry.GrainAt(page.Page * PageTable.PageBytes));
            }
        }

        _flushing.Clear();
        ReleaseRoom();
        FillChanged?.Invoke();
        WakeIfDue(_time.GetTimestamp());
    }

    private void Hardened(int slot, long grain)
    {
        int node = _dirty.Find(grain);
        _dirty[node].Pages.Remove(_pages, slot);
        _clean.Append(_pages, slot);
        Volatile.Write(ref _unhardenedPages, _unhardenedPages - 1);
        Volatile.Write(ref _hardenedPages, _hardenedPages + 1);
        if (_dirty[node].Pages.Count == 0)
        {
            _dirty.Remove(node);
            Unhardened.Clear(grain);
            GrainHardened?.Invoke(grain);
        }
    }

    private Exception FlushFailed(Exception exception)
    {
        Latch(exception);
        return NewFault();
    }

    private void Latch(Exception exception)
    {
        if (Fault is null)
        {
            Fault = exception;
            _lanes.Fail(NewFault);
            _room.Fail(NewFault);
            _sleep?.TrySetResult();
            Faulted?.Invoke(exception);
        }
    }
}
